// highlight.js with its common languages and what robots are described in; a chunk of its own.

import hljs from "highlight.js/lib/common";
import cmake from "highlight.js/lib/languages/cmake";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import matlab from "highlight.js/lib/languages/matlab";

hljs.registerLanguage("cmake", cmake);
hljs.registerLanguage("dockerfile", dockerfile);
hljs.registerLanguage("matlab", matlab);

export default hljs;
