// What the Docusaurus plugin uses of `@docusaurus/utils-validation`, which hands on Joi; the whole of it is not installed here.
declare module "@docusaurus/utils-validation" {
  export { default as Joi } from "joi";
}
