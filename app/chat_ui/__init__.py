"""The chat page: one small page without a build step; the server mounts its router, nothing else imports it."""
