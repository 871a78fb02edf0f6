/// What common patterns ask for, in words.
enum PatternWords {
    /// The rule, with an example; nil: no one has put it into words, and the description must do.
    static func rule(_ pattern: String) -> String? { rules[pattern] }

    private static let variable = "letters, digits and _, not beginning with a digit, such as AWS_ACCESS_KEY_ID"

    private static let rules = [
        "^[!-~]+$": "printable ASCII characters without spaces",
        "^[A-Za-z_][A-Za-z0-9_]*$": variable,
        "^[A-Za-z][A-Za-z0-9_]*$": "letters, digits and _, beginning with a letter, such as AWS_ACCESS_KEY_ID",
        "^[A-Za-z_][A-Za-z0-9_.-]*$": "letters, digits and _.-, not beginning with a digit, such as AWS_ACCESS_KEY_ID",
        "^[A-Za-z_][A-Za-z0-9_-]*$": "letters, digits and _-, not beginning with a digit, such as AWS_ACCESS_KEY_ID",
        "^[A-Za-z0-9_]+$": "letters, digits and _, such as AWS_ACCESS_KEY_ID",
        "^[A-Za-z0-9._-]+$": "letters, digits and ._-, such as AWS_ACCESS_KEY_ID",
        "^[A-Za-z0-9_.@+-]+$": "letters, digits and _.@+-, such as default",
        "^[^/\\s*?]+/[^/\\s*?]+$": "two names with a slash between them, such as acme/app",
        "^([0-9]+|[^/\\s*?]+/[^/\\s*?]+)$": "two names with a slash between them, such as acme/app, or a number",
        "^[^/\\s*?]+(/[^/\\s*?]+)?$":
            "a name without spaces and slashes, such as acme, or two with a slash, such as acme/app",
        "^([0-9]+|[^/\\s*?]+(/[^/\\s*?]+)+)$": "a path such as acme/tools/app, or a number",
        "^[^/\\s*?]+$": "a name without spaces and slashes, such as acme",
        "^[^/\\s]+$": "a name without spaces and slashes, such as acme",
        "^(\\*|[^/\\s*]+(/[^/\\s*]+)*)$": "a path such as acme/tools, or *",
        "^/[^\\x00-\\x1f]*$": "an absolute path, such as /srv/ci",
        "^/[^\\x00]*$": "an absolute path, such as /srv/ci",
        "^[^/\\s]+/[^/\\s]+$": "two names with a slash between them, such as acme/app",
        "^([0-9]+|[^/\\s]+/[^/\\s]+)$": "two names with a slash between them, such as acme/app, or a number",
        "^[0-9]+$": "digits, such as 42",
        "^(\\*\\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$|^\\[[0-9A-Fa-f:.]+\\]$":
            "the name of a host without scheme and port, such as ci.example.com or *.example.com",
        "^(secretsmanager|ssm):[A-Z][A-Za-z0-9]{1,63}$":
            "secretsmanager: or ssm: and an operation, such as ssm:GetParameter",
        "^sha256:[0-9a-f]{64}$": "sha256: and 64 hexadecimal digits",
        "^[0-9a-f]{64}$": "64 hexadecimal digits",
        "^ed25519:[A-Za-z0-9+/]{43}=$": "ed25519: and a public key in base64",
    ]
}
