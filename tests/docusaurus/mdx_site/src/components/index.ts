export * from './Badge';
export {default as Card} from './Card';
