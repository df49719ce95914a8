"""The tables of the local store; those of the history are the tables of supabase/migrations in SQLite's dialect."""

SCHEMA_VERSION = 4

# The statements that upgrade a file to each version from the one before; a new file is made by `SCHEMA` alone.
UPGRADES = {
    2: (
        "ALTER TABLE messages ADD COLUMN verdict TEXT CHECK (verdict IN ('covered', 'uncertain', 'not_covered'))",
        "UPDATE messages SET verdict = iif(grounded, 'covered', 'not_covered') WHERE grounded IS NOT NULL",
    ),
    3: ("ALTER TABLE messages ADD COLUMN model_version TEXT",),
    4: ("ALTER TABLE messages ADD COLUMN understood TEXT",),
}

SCHEMA = (
    """
    CREATE TABLE users (
        id TEXT PRIMARY KEY,
        email TEXT UNIQUE,
        password_hash TEXT,
        created_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE profiles (
        user_id TEXT PRIMARY KEY REFERENCES users ON DELETE CASCADE,
        profile TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
        created_at TEXT NOT NULL
    ) STRICT
    """,
    # A used token stays until it expires, so that its second use is noticed. Only the hash is kept.
    """
    CREATE TABLE refresh_tokens (
        hash TEXT PRIMARY KEY,
        session_id TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
        expires_at INTEGER NOT NULL,
        used INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    "CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id)",
    "CREATE INDEX sessions_user ON sessions (user_id)",
    """
    CREATE TABLE failed_attempts (
        key TEXT PRIMARY KEY,
        failures INTEGER NOT NULL,
        failed_at REAL NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE conversations (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
        title TEXT NOT NULL,
        head_id TEXT,
        summary TEXT,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX conversations_latest ON conversations (user_id, updated_at DESC, id DESC)",
    """
    CREATE TABLE messages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        conversation_id TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
        parent_id TEXT REFERENCES messages (id) ON DELETE CASCADE,
        role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
        status TEXT NOT NULL CHECK (status IN ('pending', 'complete', 'incomplete')),
        content TEXT NOT NULL,
        client_id TEXT,
        selected_text TEXT,
        page_url TEXT,
        sources TEXT NOT NULL DEFAULT '[]',
        build TEXT,
        timing TEXT NOT NULL DEFAULT '{}',
        grounded INTEGER,
        verdict TEXT CHECK (verdict IN ('covered', 'uncertain', 'not_covered')),
        finish_reason TEXT,
        error_code TEXT,
        model_version TEXT,
        understood TEXT,
        created_at TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX messages_conversation ON messages (conversation_id, seq)",
    "CREATE INDEX messages_parent ON messages (parent_id)",
)
