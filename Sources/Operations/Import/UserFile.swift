internal import JSON
internal import PlainText
internal import PusherHost

/// A file of one user that `keyturn import` writes. Its first lines say so, with a sum of the rest: after a change by hand it is a
/// person's, and is left alone.
struct UserFile {
    private static let start = "# Written by `keyturn import`, which may write it again as long as this sum is right."
    private static let sum = "# sha256: "

    /// The lines below the sum.
    let body: String

    /// Reads a file that may be one; nil: it is a person's.
    init?(_ text: String) {
        let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard lines.count == 3, lines[0] == Self.start, lines[1] == Self.sum + SHA256.hex(of: lines[2]) else {
            return nil
        }
        body = lines[2]
    }

    private init(body: String) { self.body = body }

    /// The whole.
    var text: String { "\(Self.start)\n\(Self.sum)\(SHA256.hex(of: body))\n\(body)" }

    /// A file for a user without targets yet.
    init(user: String, settings: ImportedTarget.UserSettings) {
        var lines = ["users:", "  \(Self.scalar(user)):"]
        if let every = settings.rotateEvery { lines.append("    rotate-every: \(every)") }
        if let role = settings.roleARN {
            let external = settings.externalID.map { ", external-id: \(Self.scalar($0))" } ?? ""
            lines.append("    aws: { role-arn: \(Self.scalar(role))\(external) }")
        }
        body = (lines + ["    targets:"]).joined(separator: "\n") + "\n"
    }

    /// The file with another target at its end, unless it has that one.
    func adding(_ fields: [String: JSONValue], pusher: String, why: String) -> UserFile {
        let entry = Self.entry(fields, pusher: pusher)
        guard !body.contains(entry) else { return self }
        return UserFile(body: "\(body)      # \(PlainText.line(why, limit: 400))\n\(entry)")
    }

    /// A target as YAML, the pusher first.
    static func entry(_ fields: [String: JSONValue], pusher: String) -> String {
        let members = fields.sorted { $0.key < $1.key }.map { "        \($0.key): \(scalar($0.value))\n" }
        return "      - pusher: \(scalar(pusher))\n" + members.joined()
    }

    private static func scalar(_ value: JSONValue) -> String { value.string.map(scalar) ?? value.text }

    /// A text as YAML 1.1 and 1.2 both read it: plain where it is beyond doubt, else quoted as JSON does.
    static func scalar(_ text: String) -> String {
        let isPlain =
            text.wholeMatch(of: #/[A-Za-z][A-Za-z0-9_.\/-]*/#) != nil
            && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(text.lowercased())
        return isPlain ? text : JSONValue.string(text).text
    }
}
