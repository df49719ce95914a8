declare module "*.css" {
  const sheet: string;
  export default sheet;
}

/** The panel's file name, set by the build. */
declare const PANEL_FILE: string;
