"""Words by which a question leans on what was said before, or leaves it; called by `engines.chat.condense`."""

import re

# Words that stand for something said before, in the languages of the interface; Roman Urdu among them.
REFERS_BACK = re.compile(
    r"\b(?:it|its|(?:this|these|those)(?! (?:book|docs?|documentation|page|chapter|module|guide)\b)|"
    r"that(?! (?:a|an|the|my|our|i|we|you|it|all|each|every|no)\b)|they|them|their|he|she|one|ones|"
    r"(?<!is )(?<!are )(?<!was )(?<!were )there(?! (?:is|are)\b)|both|former|latter|same|above|previous|again|"
    r"more|instead|else|also|too|then|"
    r"davon|damit|dabei|dafür|daran|darin|darauf|dazu|diese[rsnm]?|dasselbe|stattdessen|auch|dort|"
    r"ça|cela|celui|celle|ceux|celles|là|dedans|"
    r"eso|esto|esos|esas|ese|esa|ello|ellos|ellas|allí|ahí|también|"
    r"iska|iski|iske|isko|isse|ise|ismein|isme|uska|uski|uske|usko|usse|usmein|usme|ye|yeh|wo|woh|inka|inko|unka|unko|"
    r"is se|us se|waisa|aisa|bhi)\b|"
    r"^(?:and|but|or|so|why|how come|what about|how about|in|with|for|without|und|aber|oder|warum|wieso|mit|ohne|et|mais|ou|"
    r"pourquoi|avec|sans|y|pero|o|por qué|con|sin|aur|lekin|magar|kyun|kyon)\b|"
    r"(?<!\w)(?:اس|اسے|اسکا|اسکی|اسکے|یہ|وہ|ان|انہیں|بھی|وہاں)(?!\w)|^(?:اور|لیکن|مگر|تو|پھر|کیوں)(?!\w)",
    re.IGNORECASE,
)
NEW_TOPIC = re.compile(
    r"\b(?:(?:other|another|new|different|next) (?:topic|question|thing|subject)|(?:change|changing) (?:the )?(?:topic|subject)|"
    r"something else|back to|anderes thema|andere frage|autre (?:question|sujet)|otro tema|otra pregunta)\b|ایک اور سوال",
    re.IGNORECASE,
)
