// HTML's named characters as models write them, in place of the package of all 2,231, which is a quarter of what renders
// answers. Any other name stays as it is written.

const NAMED =
  "amp& lt< gt> quot\" apos' nbsp\u00a0 ensp\u2002 emsp\u2003 thinsp\u2009 shy\u00ad zwj\u200d zwnj\u200c iexcl¡ cent¢ pound£ yen¥ euro€ sect§ copy© reg® " +
  "trade™ ordf\u00aa ordm\u00ba laquo« raquo» deg° plusmn± sup1¹ sup2² sup3³ micro\u00b5 para¶ middot· frac12½ frac14¼ frac34¾ iquest¿ times× divide÷ " +
  "ndash– mdash— lsquo‘ rsquo’ sbquo‚ ldquo“ rdquo” bdquo„ lsaquo‹ rsaquo› dagger† Dagger‡ bull• hellip… prime′ Prime″ permil‰ " +
  "larr← uarr↑ rarr→ darr↓ harr↔ lArr⇐ uArr⇑ rArr⇒ dArr⇓ hArr⇔ check✓ cross✗ star☆ " +
  "forall∀ part∂ exist∃ empty∅ nabla∇ isin∈ notin∉ ni∋ prod∏ sum∑ minus− radic√ prop∝ infin∞ ang∠ and∧ or∨ cap∩ cup∪ int∫ there4∴ sim∼ cong≅ asymp≈ " +
  "ne≠ equiv≡ le≤ ge≥ sub⊂ sup⊃ sube⊆ supe⊇ oplus⊕ otimes⊗ perp⊥ sdot⋅ lceil⌈ rceil⌉ lfloor⌊ rfloor⌋ lang⟨ rang⟩ " +
  "Alphaα Betaβ Gammaγ Deltaδ Epsilonε Zetaζ Etaη Thetaθ Iotaι Kappaκ Lambdaλ Muμ Nuν Xiξ Omicronο Piπ Rhoρ Sigmaσ Tauτ Upsilonυ Phiφ Chiχ Psiψ Omegaω " +
  "agraveà aacuteá acircâ atildeã aumlä aringå aeligæ ccedilç egraveè eacuteé ecircê eumlë igraveì iacuteí icircî iumlï ntildeñ ograveò oacuteó " +
  "ocircô otildeõ oumlö oslashø ugraveù uacuteú ucircû uumlü yacuteý szligß";

const CHARACTERS = new Map<string, string>();
for (const each of NAMED.split(" ")) {
  const [, name = "", character = ""] = /^(\w+?)([^\w].*)$/su.exec(each) ?? [];
  CHARACTERS.set(name, character);
}
// Of letters a name that begins with a capital is that of the capital letter; of Greek letters the table has that name alone.
for (const [name, character] of [...CHARACTERS]) {
  if (!/\p{Ll}/u.test(character) || /^(?:ordf|ordm|micro|szlig)$/.test(name)) continue;
  const capital = name.startsWith("ae") && name.endsWith("lig") ? "AElig" : (name[0] ?? "").toUpperCase() + name.slice(1);
  const small = (name[0] ?? "").toLowerCase() + name.slice(1);
  CHARACTERS.set(small, character);
  CHARACTERS.set(capital, character.toUpperCase());
}

/** The character that `&name;` stands for; the text itself for a name that is not known. */
export function decodeHTMLStrict(text: string): string {
  return CHARACTERS.get(/^&(\w+);$/.exec(text)?.[1] ?? "") ?? text;
}
