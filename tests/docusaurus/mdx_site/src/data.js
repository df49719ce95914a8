import facts from '@site/docs/facts.json';

export const limit = 40;
export const robot = {name: 'Atlas', joints: ['hip', 'knee'], firmware: facts.firmware};
const standard = `IEC ${limit}`;
export default standard;
