internal import AWS
internal import JSON
internal import PlainText

/// The place that is to do without a key: a target's own fields, and what was given besides.
struct FederatedPlace: Sendable {
    /// The target's name.
    let target: String
    let fields: [String: JSONValue]
    /// The service's base URL; nil: the vendor's usual one.
    let endpoint: String?
    /// Names of the variables that hold the key today, or of the credential.
    let variables: [String]
    let account: Account
    /// The twelve digits.
    let accountID: String
    /// The role's name; where there are several, the beginning of their names.
    let role: String
    let query: Federate.Query
    /// What `--id` gave, by name.
    let ids: [String: String]
    /// What the system may need to know.
    let asks: [FederatedSystem.Ask]

    /// The region that jobs work in.
    var region: String { account.region }

    /// The audience that AWS's own tools ask for in this partition (configure-aws-credentials, README, "Assuming a role").
    var stsAudience: String { isInChina ? "sts.amazonaws.com.cn" : "sts.amazonaws.com" }

    var isInChina: Bool { account.partition == .china }

    /// The partition's name in ARNs.
    var partition: String { account.partition.rawValue }

    /// A field of the target, where it is a text.
    func field(_ name: String) -> String? { fields[name]?.string }

    func roleName(_ purpose: String? = nil) -> String { purpose.map { "\(role)-\($0)" } ?? role }

    func roleARN(_ purpose: String? = nil) -> String {
        "arn:\(partition):iam::\(accountID):role/\(roleName(purpose))"
    }

    // MARK: What must be known

    /// A part of the place: of the target where that says it, else of `--id`.
    ///
    /// - Parameter isUsable: whether the target's own word will do, where a system knows a thing by its name and by its number.
    func part(
        _ name: String, where isUsable: (String) -> Bool = { _ in true }
    ) throws(OperationFailure) -> String? {
        guard let own = field(name), isUsable(own) else { return ids[name] }
        guard let other = ids[name], other != own else { return own }
        throw failure("`--id \(name)=\(other)` contradicts the target, whose \(name) is \(own)")
    }

    /// Parts that are all needed. What is missing is asked for at once.
    ///
    /// - Returns: in the order of the names.
    func need(_ parts: [(name: String, value: String?)]) throws(OperationFailure) -> [String] {
        let missing = parts.filter { $0.value == nil }
        guard missing.isEmpty else {
            let options = missing.map { part in
                let meaning = asks.first { $0.name == part.name }?.meaning
                return "`--id \(part.name)=…`\(meaning.map { " (\($0))" } ?? "")"
            }
            throw failure("this cannot be known from the target; add \(options.joined(separator: " and "))")
        }
        return parts.compactMap(\.value)
    }

    /// The branch, for systems whose tokens are those of one branch.
    func needBranch(or alternative: String) throws(OperationFailure) -> String {
        if let branch = query.branch { return branch }
        throw failure("jobs of which branch may assume the role? Add `--branch main`, or \(alternative)")
    }

    /// What `sub` must be: as it was given, else as the system builds it.
    func subject(_ build: () throws(OperationFailure) -> ClaimValue) throws(OperationFailure) -> ClaimValue {
        if let subject = query.subject { return ClaimValue(subject) }
        return try build()
    }

    /// The issuer: as it was given, else the system's.
    func issuer(_ usual: String) throws(OperationFailure) -> String {
        if let issuer = query.issuer { return issuer }
        guard Self.isIssuer(usual) else {
            throw failure(
                "its tokens would come from \(usual), and IAM takes an https URL without a port that AWS can reach; "
                    + "where the service publishes its keys under such a URL, add `--issuer URL`")
        }
        return usual
    }

    /// The base URL, without a slash at its end.
    var base: String? {
        guard var url = endpoint else { return nil }
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }

    /// IAM takes https, a host, and a path; no port, query or fragment (IAM, CreateOpenIDConnectProvider).
    static func isIssuer(_ url: String) -> Bool {
        guard url.hasPrefix("https://"), url.utf8.count <= 255 else { return false }
        let rest = url.dropFirst(8)
        let host = rest.prefix { $0 != "/" }
        let letters = rest.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._~/%".utf8.contains(byte)
            }
        }
        return letters && !host.isEmpty && !host.hasPrefix(".")
    }

    func failure(_ reason: String) -> OperationFailure { OperationFailure(.usage, "\(target): \(reason)") }

    // MARK: What is written into pipelines

    /// Takes what the jobs read today out of their environment: AWS's tools prefer keys to a token.
    var unsetting: String {
        let standard = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
        let own = variables.filter { name in
            !standard.contains(name) && name.utf8.first.map { !(0x30...0x39).contains($0) } == true
                && name.utf8.allSatisfy {
                    $0 == UInt8(ascii: "_") || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                        || (0x61...0x7A).contains($0)
                }
        }
        return "unset \((standard + own).joined(separator: " "))"
    }

    /// A text as YAML, whatever is in it: YAML takes JSON's strings.
    static func yaml(_ text: String) -> String { JSONValue.string(text).text }

    /// A word of the shell's, whatever is in it.
    static func shell(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "@%+=:,./_-".utf8.contains(byte)
            }
        }
        return isPlain && !word.isEmpty ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
}
