-- The whole state of the stand-in. Git objects are not in here; they live in bare repositories beside it.
CREATE TABLE IF NOT EXISTS accounts (
    id INTEGER PRIMARY KEY,
    login TEXT NOT NULL UNIQUE COLLATE NOCASE,
    type TEXT NOT NULL CHECK (type IN ('User', 'Organization', 'Bot')),
    name TEXT,
    email TEXT,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS organization (
    account_id INTEGER PRIMARY KEY REFERENCES accounts (id),
    settings TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS members (
    account_id INTEGER PRIMARY KEY REFERENCES accounts (id),
    role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    state TEXT NOT NULL CHECK (state IN ('active', 'pending'))
);
CREATE TABLE IF NOT EXISTS tokens (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL CHECK (kind IN ('app', 'job', 'classic', 'fine-grained')),
    read_only INTEGER NOT NULL DEFAULT 0,
    app_id INTEGER,
    permissions TEXT,
    repositories TEXT,
    expires_at TEXT
);
-- What the Apps' JSON Web Tokens are verified with.
CREATE TABLE IF NOT EXISTS app_keys (
    app_id INTEGER PRIMARY KEY,
    public_key TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS teams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT,
    privacy TEXT NOT NULL,
    notification_setting TEXT NOT NULL,
    parent_id INTEGER REFERENCES teams (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS team_members (
    team_id INTEGER NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    role TEXT NOT NULL CHECK (role IN ('member', 'maintainer')),
    PRIMARY KEY (team_id, account_id)
);
CREATE TABLE IF NOT EXISTS repositories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL COLLATE NOCASE,
    owner TEXT NOT NULL DEFAULT 'openimsdk' COLLATE NOCASE REFERENCES accounts (login),
    fork_of INTEGER REFERENCES repositories (id) ON DELETE SET NULL,
    full_name TEXT COLLATE NOCASE GENERATED ALWAYS AS (owner || '/' || name) VIRTUAL,
    -- How the git side calls it: the organisation's repositories go by their bare names.
    git_name TEXT COLLATE NOCASE GENERATED ALWAYS AS (CASE owner WHEN 'openimsdk' THEN name ELSE owner || '/' || name END) VIRTUAL,
    settings TEXT NOT NULL,
    topics TEXT NOT NULL DEFAULT '[]',
    vulnerability_alerts INTEGER NOT NULL DEFAULT 0,
    security_fixes INTEGER NOT NULL DEFAULT 0,
    actions TEXT NOT NULL DEFAULT '{}',
    private_key BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    pushed_at TEXT NOT NULL,
    UNIQUE (owner, name)
);
CREATE TABLE IF NOT EXISTS team_repositories (
    team_id INTEGER NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (team_id, repository_id)
);
CREATE TABLE IF NOT EXISTS collaborators (
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    permission TEXT NOT NULL,
    PRIMARY KEY (repository_id, account_id)
);
CREATE TABLE IF NOT EXISTS labels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    color TEXT NOT NULL,
    description TEXT,
    is_default INTEGER NOT NULL DEFAULT 0,
    UNIQUE (repository_id, name)
);
CREATE TABLE IF NOT EXISTS rulesets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    document TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS protections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    pattern TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (repository_id, pattern)
);
CREATE TABLE IF NOT EXISTS hooks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    active INTEGER NOT NULL,
    events TEXT NOT NULL,
    config TEXT NOT NULL,
    secret TEXT,
    last_response TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hook_id INTEGER NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
    guid TEXT NOT NULL,
    event TEXT NOT NULL,
    action TEXT,
    redelivery INTEGER NOT NULL DEFAULT 0,
    url TEXT NOT NULL,
    request_headers TEXT NOT NULL,
    payload TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    delivered_at TEXT,
    duration REAL,
    status TEXT,
    status_code INTEGER,
    response_headers TEXT,
    response_body TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (delivered_at, id);
CREATE TABLE IF NOT EXISTS environments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    name TEXT NOT NULL COLLATE NOCASE,
    document TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (repository_id, name)
);
CREATE TABLE IF NOT EXISTS branch_policies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    environment_id INTEGER NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('branch', 'tag')),
    UNIQUE (environment_id, name, type)
);
-- environment_id 0 stands for the repository itself: a NULL would not count as equal in the unique constraint.
CREATE TABLE IF NOT EXISTS secrets (
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    environment_id INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (repository_id, environment_id, name)
);
CREATE TABLE IF NOT EXISTS variables (
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    environment_id INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (repository_id, environment_id, name)
);

-- Issues and pull requests: one numbering for each repository, so one table.
CREATE TABLE IF NOT EXISTS threads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('issue', 'pull')),
    title TEXT NOT NULL,
    body TEXT,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    state_reason TEXT,
    author_id INTEGER NOT NULL REFERENCES accounts (id),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    closed_at TEXT,
    closed_by INTEGER REFERENCES accounts (id),
    UNIQUE (repository_id, number)
);
CREATE TABLE IF NOT EXISTS thread_labels (
    thread_id INTEGER NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    label_id INTEGER NOT NULL REFERENCES labels (id) ON DELETE CASCADE,
    PRIMARY KEY (thread_id, label_id)
);
CREATE TABLE IF NOT EXISTS thread_assignees (
    thread_id INTEGER NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (thread_id, account_id)
);
CREATE TABLE IF NOT EXISTS thread_comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    thread_id INTEGER NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    author_id INTEGER NOT NULL REFERENCES accounts (id),
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
-- Events that happened; whoever starts workflows takes them in order and says when. repository_id NULL: the organisation's.
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER REFERENCES repositories (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    action TEXT,
    payload TEXT NOT NULL,
    created_at TEXT NOT NULL,
    taken_at TEXT
);
CREATE INDEX IF NOT EXISTS events_waiting ON events (taken_at, id);
-- Workflows, their runs, and what a runner reports of them.
CREATE TABLE IF NOT EXISTS workflows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'active',
    runs INTEGER NOT NULL DEFAULT 0,
    times TEXT NOT NULL DEFAULT '[]',
    looked_at INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (repository_id, path)
);
CREATE TABLE IF NOT EXISTS workflow_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    workflow_id INTEGER NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 1,
    event TEXT NOT NULL,
    title TEXT NOT NULL,
    source TEXT NOT NULL,
    payload TEXT NOT NULL,
    ref TEXT NOT NULL,
    sha TEXT NOT NULL,
    head_branch TEXT,
    head_sha TEXT NOT NULL,
    from_fork INTEGER NOT NULL DEFAULT 0,
    actor_id INTEGER NOT NULL REFERENCES accounts (id),
    triggering_actor_id INTEGER NOT NULL REFERENCES accounts (id),
    status TEXT NOT NULL,
    conclusion TEXT,
    problem TEXT,
    concurrency TEXT,
    cancelled INTEGER NOT NULL DEFAULT 0,
    check_suite_id INTEGER,
    created_at TEXT NOT NULL,
    started_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS workflow_runs_open ON workflow_runs (status, id);
CREATE INDEX IF NOT EXISTS workflow_runs_of ON workflow_runs (repository_id, id);
CREATE TABLE IF NOT EXISTS workflow_jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES workflow_runs (id) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    matrix TEXT NOT NULL,
    labels TEXT NOT NULL,
    environment_id INTEGER,
    deployment_id INTEGER,
    tolerated INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL,
    conclusion TEXT,
    problem TEXT,
    outputs TEXT NOT NULL DEFAULT '{}',
    steps TEXT NOT NULL DEFAULT '[]',
    runner TEXT,
    token TEXT,
    cancelled INTEGER NOT NULL DEFAULT 0,
    concurrency TEXT,
    check_run_id INTEGER,
    due_at TEXT,
    created_at TEXT NOT NULL,
    started_at TEXT,
    completed_at TEXT
);
CREATE INDEX IF NOT EXISTS workflow_jobs_of ON workflow_jobs (run_id, attempt, id);
CREATE INDEX IF NOT EXISTS workflow_jobs_open ON workflow_jobs (status, id);
CREATE TABLE IF NOT EXISTS workflow_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER NOT NULL REFERENCES workflow_jobs (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS workflow_logs_of ON workflow_logs (job_id, id);
CREATE TABLE IF NOT EXISTS workflow_reviews (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES workflow_runs (id) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    environment_id INTEGER NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    state TEXT NOT NULL CHECK (state IN ('approved', 'rejected')),
    comment TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS workflow_artifacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES workflow_runs (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    content BLOB NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    UNIQUE (run_id, name)
);

-- Pull requests: what a thread of kind "pull" has besides, and what reviewers say.
CREATE TABLE IF NOT EXISTS pulls (
    thread_id INTEGER PRIMARY KEY REFERENCES threads (id) ON DELETE CASCADE,
    head_repository_id INTEGER REFERENCES repositories (id) ON DELETE SET NULL,
    head_owner TEXT NOT NULL,
    head_ref TEXT NOT NULL,
    head_sha TEXT NOT NULL,
    pusher_id INTEGER NOT NULL REFERENCES accounts (id),
    base_ref TEXT NOT NULL,
    -- While it is open the base branch's newest commit, afterwards the last one before that.
    base_sha TEXT NOT NULL,
    draft INTEGER NOT NULL DEFAULT 0,
    -- The trial merge of refs/pull/N/merge while it is open, NULL for a conflict; then what the merge made.
    merge_commit_sha TEXT,
    merged_at TEXT,
    merged_by INTEGER REFERENCES accounts (id)
);
CREATE INDEX IF NOT EXISTS pulls_by_head ON pulls (head_repository_id, head_ref);
CREATE TABLE IF NOT EXISTS review_requests (
    thread_id INTEGER NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL DEFAULT 0,
    team_id INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (thread_id, account_id, team_id)
);
CREATE TABLE IF NOT EXISTS reviews (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    thread_id INTEGER NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'COMMENTED', 'APPROVED', 'CHANGES_REQUESTED', 'DISMISSED')),
    body TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    submitted_at TEXT
);
CREATE TABLE IF NOT EXISTS review_comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    review_id INTEGER NOT NULL REFERENCES reviews (id) ON DELETE CASCADE,
    reply_to INTEGER REFERENCES review_comments (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    line INTEGER,
    side TEXT NOT NULL,
    body TEXT NOT NULL,
    resolved INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
-- What was reported about commits.
CREATE TABLE IF NOT EXISTS statuses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    sha TEXT NOT NULL,
    context TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('error', 'failure', 'pending', 'success')),
    description TEXT,
    target_url TEXT,
    creator_id INTEGER NOT NULL REFERENCES accounts (id),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS statuses_of ON statuses (repository_id, sha, id);
CREATE TABLE IF NOT EXISTS check_suites (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    app_id INTEGER NOT NULL,
    head_sha TEXT NOT NULL,
    head_branch TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS check_suites_of ON check_suites (repository_id, head_sha, app_id);
CREATE TABLE IF NOT EXISTS check_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    suite_id INTEGER NOT NULL REFERENCES check_suites (id) ON DELETE CASCADE,
    app_id INTEGER NOT NULL,
    head_sha TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    conclusion TEXT,
    external_id TEXT NOT NULL DEFAULT '',
    details_url TEXT,
    output TEXT NOT NULL DEFAULT '{}',
    annotations TEXT NOT NULL DEFAULT '[]',
    started_at TEXT,
    completed_at TEXT
);
CREATE INDEX IF NOT EXISTS check_runs_of ON check_runs (repository_id, head_sha, id);
-- Deployments, as jobs and people report them, and releases.
CREATE TABLE IF NOT EXISTS deployments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    sha TEXT NOT NULL,
    ref TEXT NOT NULL,
    task TEXT NOT NULL DEFAULT 'deploy',
    payload TEXT NOT NULL DEFAULT '{}',
    environment TEXT NOT NULL,
    description TEXT,
    transient INTEGER NOT NULL DEFAULT 0,
    production INTEGER NOT NULL DEFAULT 0,
    creator_id INTEGER NOT NULL REFERENCES accounts (id),
    app_id INTEGER,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deployments_of ON deployments (repository_id, environment, id);
CREATE TABLE IF NOT EXISTS deployment_statuses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    deployment_id INTEGER NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    environment TEXT NOT NULL,
    environment_url TEXT NOT NULL DEFAULT '',
    log_url TEXT NOT NULL DEFAULT '',
    creator_id INTEGER NOT NULL REFERENCES accounts (id),
    app_id INTEGER,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deployment_statuses_of ON deployment_statuses (deployment_id, id);
CREATE TABLE IF NOT EXISTS releases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    tag_name TEXT NOT NULL,
    target_commitish TEXT NOT NULL,
    name TEXT,
    body TEXT,
    draft INTEGER NOT NULL DEFAULT 0,
    prerelease INTEGER NOT NULL DEFAULT 0,
    latest TEXT NOT NULL DEFAULT 'true',
    author_id INTEGER NOT NULL REFERENCES accounts (id),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    published_at TEXT
);
