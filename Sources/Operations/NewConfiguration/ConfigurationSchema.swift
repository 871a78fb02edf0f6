internal import JSON
internal import JSONSchema
internal import PusherHost

/// The JSON Schema of `keyturn.yaml`, for editors: its own fields, and those of the plugins that are there.
///
/// It is wider than the reader in one thing: a target may have the fields of any plugin, for which one it is says the
/// pusher's name, which the file itself gives.
struct ConfigurationSchema {
    let plugins: [Manifest]

    var json: JSONValue {
        guard case .object(var schema)? = try? JSONValue(parsing: Self.fixed),
            case .object(var definitions)? = schema["$defs"]
        else { preconditionFailure("the schema's own text is JSON") }
        for plugin in plugins {
            definitions["pusher-\(plugin.id)"] = pusher(plugin)
            definitions["target-\(plugin.id)"] = target(plugin)
        }
        definitions["pusher"] = choice("pusher")
        definitions["target"] = choice("target")
        schema["$defs"] = .object(definitions)
        return .object(schema)
    }

    private func choice(_ kind: String) -> JSONValue {
        .object(["anyOf": .array(plugins.map { .object(["$ref": .string("#/$defs/\(kind)-\($0.id)")]) })])
    }

    /// A field that is a secret is a reference to one; every other may be, but an endpoint only where the plugin says so.
    private func pusher(_ plugin: Manifest) -> JSONValue {
        guard case .object(var schema) = plugin.configuration.definition else { return .bool(true) }
        let reference = JSONValue.object(["$ref": .string("#/$defs/secret")])
        var properties: [String: JSONValue] = [:]
        for (name, property) in plugin.configuration.properties {
            if plugin.secrets.contains(name) {
                properties[name] = described(reference, as: property)
            } else if name == "endpoint", property["writeOnly"] != .bool(true) {
                properties[name] = property
            } else {
                properties[name] = described(.object(["anyOf": .array([property, reference])]), as: property)
            }
        }
        let plugged = JSONValue.string(plugin.id)
        properties["plugin"] = .object(["const": plugged, "description": .string(plugin.summary)])
        if !plugin.asks.aws.isEmpty { properties["aws"] = .object(["$ref": .string("#/$defs/account")]) }
        properties["ca-file"] = .object([
            "type": .string("string"),
            "description": .string("Certificate authorities (PEM) that this service is checked against."),
        ])
        properties["limits"] = PaceRules.limitsSchema.definition
        schema["title"] = .string(plugin.title)
        if let example = plugin.example {
            schema["examples"] = .array([.object(example.configuration.merging(["plugin": plugged]) { $1 })])
        }
        schema["properties"] = .object(properties)
        schema["required"] = .array([.string("plugin")] + (schema["required"]?.array ?? []))
        return .object(schema)
    }

    private func described(_ schema: JSONValue, as property: JSONValue) -> JSONValue {
        guard case .object(var members) = schema, let text = property["description"] else { return schema }
        members["description"] = text
        return .object(members)
    }

    /// The two variables have usual names, whatever the plugin requires.
    private func target(_ plugin: Manifest) -> JSONValue {
        guard case .object(var schema) = plugin.target.definition else { return .bool(true) }
        let variables = ["access-key-id", "secret-access-key"]
        var properties = plugin.target.properties
        for name in variables where properties[name] == nil { properties[name] = .object(["type": .string("string")]) }
        properties["pusher"] = .object([
            "type": .string("string"), "description": .string("The name of one of `pushers`."),
        ])
        schema["title"] = .string(plugin.title)
        if let example = plugin.example {
            schema["examples"] = .array([.object(example.target.merging(["pusher": .string(example.name)]) { $1 })])
        }
        schema["properties"] = .object(properties)
        let required = (schema["required"]?.array ?? []).filter { !variables.contains($0.string ?? "") }
        schema["required"] = .array([.string("pusher")] + required)
        return .object(schema)
    }

    /// What is keyturn's own.
    private static let fixed = """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "title": "keyturn.yaml",
          "type": "object",
          "additionalProperties": false,
          "required": ["version", "state", "seal-key"],
          "properties": {
            "version": { "const": 1, "description": "The version of the file's format." },
            "state": { "type": "string", "pattern": "^(sqlite:.|postgres(ql)?://|dynamodb://).*", "description": "What keyturn knows and did: sqlite:PATH, relative to this file, postgresql://HOST/DATABASE, or dynamodb://TABLE." },
            "state-password": { "$ref": "#/$defs/secret", "description": "Of a state in PostgreSQL; without it, libpq looks in PGPASSWORD and its password file." },
            "seal-key": { "anyOf": [{ "$ref": "#/$defs/seal-key" }, { "type": "array", "minItems": 1, "maxItems": 8, "items": { "$ref": "#/$defs/seal-key" } }], "description": "32 bytes in base64, which seal a new key pair on disk; of several the first one seals, and every one opens." },
            "ca-file": { "type": "string", "description": "Certificate authorities (PEM) in place of the system's." },
            "aws": { "$ref": "#/$defs/account", "description": "The AWS account of the users, unless they have their own." },
            "history": {
              "description": "What becomes of the history.",
              "type": ["object", "null"],
              "additionalProperties": false,
              "properties": { "keep": { "$ref": "#/$defs/duration", "description": "How long lines of the history are kept. Default: for ever." } }
            },
            "forget": { "type": "array", "items": { "type": "object", "additionalProperties": false, "required": ["target", "reason"], "properties": { "target": { "type": "string", "description": "Its name, as `keyturn status` shows it." }, "reason": { "type": "string", "minLength": 1, "description": "Why it does not matter any more; the history keeps it." } } }, "description": "Targets that have left the configuration and do not matter any more." },
            "listen": { "type": "string", "description": "Where `run` serves a status page and metrics, such as 127.0.0.1:9464. Default: nowhere." },
            "listen-anywhere": { "type": "boolean", "default": false, "description": "Whether that may be another address than this machine's own. Everyone who reaches it can read it." },
            "acknowledged": {
              "type": "array",
              "description": "Places next to targets that may hold another key, though no target names them.",
              "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["place", "reason"],
                "properties": {
                  "place": { "type": "string", "minLength": 1, "description": "The place as keyturn shows it." },
                  "reason": { "type": "string", "minLength": 1, "description": "Why it may." }
                }
              }
            },
            "notifications": { "type": "array", "items": { "$ref": "#/$defs/notification" }, "description": "Who gets a message when a user is blocked, recovers or completes, and when a leaked key is dead: of all users without an `owner`." },
            "notify": { "type": ["object", "null"], "propertyNames": { "minLength": 1, "maxLength": 64 }, "additionalProperties": { "$ref": "#/$defs/receivers" }, "description": "Receivers by name: those that users have as `owner`." },
            "plugins": {
              "description": "Where plugins are, and which may be loaded.",
              "type": ["object", "null"],
              "additionalProperties": false,
              "properties": {
                "path": { "type": "array", "items": { "type": "string" }, "description": "Directories with plugins, in addition to the installed ones." },
                "lock": { "type": "string", "description": "The lock file with pins and grants; default: keyturn.lock." },
                "accept-missing": { "type": "array", "items": { "enum": ["landlock", "seccomp", "no-new-privs"] }, "description": "What of the pushers' enclosure is done without where the kernel lacks it." },
                "indexes": {
                  "type": "array",
                  "maxItems": 16,
                  "description": "Signed lists of plugins, in which `keyturn plugin install NAME` looks.",
                  "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["url", "signer"],
                    "properties": {
                      "url": { "type": "string", "pattern": "^https?://", "description": "Where the index is." },
                      "signer": { "type": "string", "pattern": "^[A-Za-z0-9+/]{43}=$", "description": "The Ed25519 public key of who signs it, in base64." }
                    }
                  }
                }
              }
            },
            "pushers": { "description": "Configured uses of plugins, by name.", "type": ["object", "null"], "propertyNames": { "pattern": "^[^:]+$" }, "additionalProperties": { "$ref": "#/$defs/pusher" } },
            "defaults": { "description": "What holds for users that do not say otherwise.", "type": ["object", "null"], "additionalProperties": false, "properties": { POLICY } },
            "self-rotation": {
              "description": "The user with whose key keyturn itself runs.",
              "type": "object",
              "additionalProperties": false,
              "required": ["user"],
              "properties": {
                "user": { "type": "string", "description": "The IAM user with whose key keyturn runs." },
                "profile": { "type": "string", "description": "The profile of the credentials file that holds its key." },
                POLICY
              }
            },
            "discover": { "description": "Which IAM users to find by tag or path, besides those of users.", "anyOf": [{ "$ref": "#/$defs/discovery" }, { "type": "array", "items": { "$ref": "#/$defs/discovery" } }] },
            "users-at-once": {
              "type": "integer", "minimum": 1, "maximum": 256,
              "description": "How many users are worked on at the same moment; those that wait, as in `overlap`, do not count.", "default": 256
            },
            "include": {
              "type": "array",
              "description": "Files with more `users` and `pushers`, relative to this file; patterns such as users.d/*.yaml.",
              "items": { "type": "string", "minLength": 1 }
            },
            "users": {
              "description": "The IAM users whose access keys are rotated, by name.",
              "type": ["object", "null"],
              "additionalProperties": {
                "type": "object",
                "additionalProperties": false,
                "required": ["targets"],
                "properties": {
                  "user-name": { "type": "string", "pattern": "^[A-Za-z0-9_+=,.@-]{1,64}$", "description": "The IAM user name, where it is not the name of this entry." },
                  "aws": { "$ref": "#/$defs/account", "description": "The AWS account of this user; default: `aws` at the top of the file." },
                  "owner": { "$ref": "#/$defs/owner" },
                  "after-rotation": { "$ref": "#/$defs/after-rotation" },
                  "targets": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/target" }, "description": "Every place that holds this user's key." },
                  POLICY
                }
              }
            }
          },
          "$defs": {
            "duration": { "type": "string", "pattern": "^[1-9][0-9]*[smhd]$" },
            "duration-or-zero": { "type": "string", "pattern": "^([1-9][0-9]*[smhd]|0s)$" },
            "secret": {
              "oneOf": [
                { "type": "object", "additionalProperties": false, "required": ["env"], "properties": { "env": { "type": "string", "minLength": 1 } } },
                { "type": "object", "additionalProperties": false, "required": ["file"], "properties": { "file": { "type": "string", "minLength": 1 } } },
                { "type": "object", "additionalProperties": false, "required": ["command"], "properties": { "command": { "type": "array", "minItems": 1, "items": { "type": "string" } }, "environment": { "$ref": "#/$defs/variables" } } },
                { "type": "object", "additionalProperties": false, "required": ["secretsmanager"], "properties": { "secretsmanager": { "type": "string", "minLength": 1, "description": "The name or the whole ARN of a secret of AWS Secrets Manager." }, "key": { "type": "string", "minLength": 1, "description": "A field of the JSON object that the secret is." } } },
                { "type": "object", "additionalProperties": false, "required": ["ssm"], "properties": { "ssm": { "type": "string", "minLength": 1, "description": "The name or the whole ARN of a parameter of AWS Systems Manager." } } }
              ]
            },
            "seal-key": {
              "anyOf": [
                { "$ref": "#/$defs/secret" },
                {
                  "type": "object",
                  "additionalProperties": false,
                  "required": ["kms"],
                  "properties": {
                    "kms": {
                      "type": "object",
                      "additionalProperties": false,
                      "required": ["key"],
                      "properties": {
                        "key": { "type": "string", "pattern": "^(arn:[^:]*:kms:[^:]+:[0-9]{12}:(key|alias)/.+|alias/[a-zA-Z0-9/_-]+)$", "description": "The ARN of the KMS key, or, without `sealed`, also alias/NAME in the region of `aws`." },
                        "sealed": { "type": "string", "minLength": 1, "description": "What `keyturn seal-key new --kms` printed: base64. Without it keyturn has KMS make a key at the first start, and keeps it, sealed, in the state." }
                      }
                    }
                  }
                }
              ]
            },
            "variables": { "type": "array", "items": { "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" }, "description": "Names of environment variables that the command gets besides PATH, HOME, LANG, LC_ALL, USER, LOGNAME, TZ and TMPDIR." },
            "notification": {
              "type": "object",
              "additionalProperties": false,
              "oneOf": [{ "required": ["webhook", "secret"] }, { "required": ["slack"] }, { "required": ["teams"] }, { "required": ["pagerduty"] }, { "required": ["email", "from"] }, { "required": ["command"] }],
              "properties": {
                "webhook": { "anyOf": [{ "type": "string", "pattern": "^(https://|http://(127[.]0[.]0[.]1|localhost|.::1.)([:/]|$))" }, { "$ref": "#/$defs/secret" }], "description": "Gets a POST of JSON." },
                "secret": { "$ref": "#/$defs/secret", "description": "What messages to the webhook are signed with." },
                "slack": { "$ref": "#/$defs/secret", "description": "The URL of an incoming webhook of Slack, or of those that speak like it." },
                "teams": { "$ref": "#/$defs/secret", "description": "The URL of a workflow of Microsoft Teams that posts what a webhook request brings." },
                "pagerduty": { "$ref": "#/$defs/secret", "description": "The integration key of a service's integration Events API v2." },
                "endpoint": { "type": "string", "pattern": "^(https://|http://(127[.]0[.]0[.]1|localhost|.::1.)([:/]|$))", "description": "The base URL of PagerDuty's Events API; default: https://events.pagerduty.com." },
                "email": { "anyOf": [{ "$ref": "#/$defs/address" }, { "type": "array", "minItems": 1, "maxItems": 50, "items": { "$ref": "#/$defs/address" } }], "description": "The addresses that messages go to." },
                "from": { "$ref": "#/$defs/address", "description": "The address that messages come from." },
                "sendmail": { "type": "array", "minItems": 1, "items": { "type": "string" }, "description": "A program that takes what sendmail(8) takes; default: /usr/sbin/sendmail." },
                "command": { "type": "array", "minItems": 1, "items": { "type": "string" }, "description": "A program and its arguments; it gets the JSON on its standard input." },
                "environment": { "$ref": "#/$defs/variables" },
                "on": { "type": "array", "items": { "enum": ["blocked", "recovered", "drift", "over-age", "delivered", "completed", "revoked", "configuration"] }, "description": "What of; without it, all but `delivered`." },
                "blocked-after": { "$ref": "#/$defs/duration", "description": "How long what may pass by itself is not reported; 10m by default." },
                "digest": { "$ref": "#/$defs/duration", "description": "How often completed rotations, and more users with a known cause, are reported, together; without it, at once and 1h." }
              }
            },
            "address": { "type": "string", "maxLength": 254, "pattern": "^[^@ <>,;:-][^@ <>,;:]*@[A-Za-z0-9.-]+$" },
            "receivers": { "anyOf": [{ "$ref": "#/$defs/notification" }, { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/notification" } }] },
            "after-rotation": {
              "description": "A program that is started once every target has confirmed a new key; it gets a message (JSON, event `delivered`) on its standard input, and no secret.",
              "type": "object", "additionalProperties": false, "required": ["command"],
              "properties": {
                "command": { "type": "array", "minItems": 1, "items": { "type": "string" }, "description": "The program and its arguments." },
                "environment": { "$ref": "#/$defs/variables" }
              }
            },
            "owner": { "type": "string", "minLength": 1, "description": "The name in `notify` that gets messages about the user; without it, those of `notifications`." },
            "discovery": {
              "type": "object",
              "additionalProperties": false,
              "required": ["targets"],
              "anyOf": [{ "required": ["tag"] }, { "required": ["path"] }],
              "properties": {
                "tag": { "type": "string", "description": "NAME=VALUE or NAME: a tag that the users have." },
                "path": { "type": "string", "pattern": "^/.+/$", "description": "What the users' paths begin with." },
                "name": { "type": "string", "description": "What they are called here; {user} and {tag:NAME} stand for what was found." },
                "aws": { "$ref": "#/$defs/account", "description": "The AWS account to look in; default: `aws` at the top of the file." },
                "owner": { "$ref": "#/$defs/owner" },
                "after-rotation": { "$ref": "#/$defs/after-rotation" },
                "targets": {
                  "type": "array",
                  "minItems": 1,
                  "items": { "type": "object", "required": ["pusher"], "properties": { "pusher": { "type": "string", "description": "One of `pushers`." } } },
                  "description": "As a user has them; texts may have {user} and {tag:NAME}."
                },
                POLICY
              }
            },
            "account": {
              "type": ["object", "null"],
              "additionalProperties": false,
              "properties": {
                "region": { "type": "string", "description": "The region of the users' partition, such as eu-central-1. Default: that of the environment." },
                "profile": { "type": "string", "description": "A profile of ~/.aws." },
                "role-arn": { "type": "string", "pattern": "^arn:[^:]*:iam::[0-9]{12}:role/.+", "description": "A role to assume, for another account." },
                "external-id": { "type": "string", "description": "What the role's trust policy asks for." },
                "role-session-name": { "type": "string", "pattern": "^[A-Za-z0-9_+=,.@-]{2,64}$", "description": "What the role's session is called in CloudTrail. Default: keyturn and the name of this machine." },
                "endpoint-url": { "type": "string", "pattern": "^https?://", "description": "The base URL of AWS's services, instead of AWS's own." }
              }
            }
          }
        }
        """
        .split(separator: "POLICY", omittingEmptySubsequences: false).joined(separator: policy)

    private static let policy = """
        "rotate-every": { "$ref": "#/$defs/duration", "default": "24h", "description": "The age at which a key is replaced." },
        "overlap": { "$ref": "#/$defs/duration", "default": "1h", "description": "How long both keys stay active after the last target has confirmed. Choose it longer than your longest job waits and runs." },
        "soak": { "$ref": "#/$defs/duration", "default": "1h", "description": "How long the old key stays Inactive before it is deleted. Until then `keyturn rollback` makes it Active again." },
        "quiet": { "$ref": "#/$defs/duration-or-zero", "description": "How long the old key must have been unused before it is deactivated. 0s: IAM is not asked. Default: the larger of 30m and half of overlap, where overlap is 30m or more." },
        "look-every": { "$ref": "#/$defs/duration-or-zero", "default": "6h", "description": "How often targets are looked at outside rotations. 0s: never." },
        "proof-of-use": { "type": "boolean", "default": false, "description": "The new key must have been seen in use before the old one is deactivated." },
        "preflight": { "type": "boolean", "default": true, "description": "Ask every target whether it would take a key before one is made." },
        "retain-secret": { "enum": ["none", "rotation", "current"], "default": "rotation", "description": "How long the sealed pair is kept. none: until every target has confirmed it. rotation: until the rotation is over. current: as long as it is the current one, so that a target that is added gets it at once." },
        "max-attempts": { "type": "integer", "minimum": 1, "maximum": 100, "default": 3, "description": "Quick tries of one push before it waits for `retry`." },
        "retry": { "$ref": "#/$defs/duration", "default": "5m", "description": "The longest wait between two tries of a push that failed." },
        "push-timeout": { "$ref": "#/$defs/duration", "default": "30s", "description": "The longest that one push may take; at most 10m." },
        "max-age": { "$ref": "#/$defs/duration", "description": "The age that no Active key is to pass; at least rotate-every + overlap + soak + 1h. Stronger than freeze." },
        "first-rotation": { "enum": ["when-asked", "when-due"], "default": "when-asked", "description": "Whether the first rotation of a user that has a key waits for `keyturn rotate`, or begins when the key is old enough." },
        "spread": { "type": "string", "pattern": "^([0-9]|[1-4][0-9]|50)%$", "default": "10%", "description": "By how much of rotate-every rotations begin earlier, a different part for each user, so that users do not rotate in the same second." },
        "freeze": {
          "type": "array", "maxItems": 64,
          "description": "Times in which no rotation begins by itself: dates or moments from … to …; days of the week; times of the day, in UTC unless time-zone names another zone.",
          "items": {
            "type": "object", "additionalProperties": false, "minProperties": 1,
            "properties": {
              "days": { "type": "array", "description": "Days of the week.", "items": { "enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] } },
              "from": { "type": ["string", "integer"], "description": "When it begins: a date (2026-12-20), a moment (2026-12-20T18:00:00Z) or a time of the day (18:00)." },
              "to": { "type": ["string", "integer"], "description": "When it ends, written in the same way." },
              "time-zone": { "type": "string", "description": "A name of the time zone database, such as Europe/Berlin; default: UTC." }
            }
          }
        }
        """
}
