declare module "*.css" {
  const sheet: string;
  export default sheet;
}

/** The panel's file name, set by the build. */
declare const PANEL_FILE: string;
/** Modules that the panel is made of beside its own file. */
declare const SHARED_FILES: string[];
