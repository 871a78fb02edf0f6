import PusherKit

/// A kind of credential that can hold a pair.
enum Kind: CaseIterable {
    case aws
    case usernameAndPassword

    /// The class, which is the name of the XML element.
    var className: String {
        switch self {
        case .aws: "com.cloudbees.jenkins.plugins.awscredentials.AWSCredentialsImpl"
        case .usernameAndPassword: "com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl"
        }
    }

    var keyIDField: String {
        switch self {
        case .aws: "accessKey"
        case .usernameAndPassword: "username"
        }
    }

    var secretField: String {
        switch self {
        case .aws: "secretKey"
        case .usernameAndPassword: "password"
        }
    }
}

/// A credential as Jenkins shows it: everything but the secret.
///
/// A write replaces it as a whole, and what is left out is lost. So every field is kept, also those that keyturn does not know, as
/// long as they are plain texts.
struct Credential {
    let kind: Kind
    /// In their order, the secret left out.
    private let fields: [(name: String, value: SecretBytes)]

    /// Reads what Jenkins shows.
    ///
    /// - Throws: where it is not a credential that can be written again without losing anything.
    init(_ root: XMLElement, for target: Target) throws(PushFailure) {
        guard let kind = Kind.allCases.first(where: { $0.className == root.name }) else {
            throw PushFailure(
                .conflict,
                "\(target.subject): it is of the class \(oneLine(root.name)), which does not hold a key pair; nothing was changed: make one "
                    + "of the kind AWS Credentials, or Username with password")
        }
        func refused(_ field: String, _ why: String) -> PushFailure {
            PushFailure(
                .conflict,
                "\(target.subject): its field \(oneLine(field, limit: 60)) \(why), so keyturn cannot write the credential without losing it; "
                    + "nothing was changed")
        }
        guard root.attributes.allSatisfy({ $0 == "plugin" }) else {
            throw refused(root.attributes.first { $0 != "plugin" } ?? "", "is not a known one")
        }
        var fields: [(name: String, value: SecretBytes)] = []
        for child in root.children {
            guard child.attributes.isEmpty else { throw refused(child.name, "refers to something else") }
            guard !fields.contains(where: { $0.name == child.name }) else {
                throw refused(child.name, "is there twice")
            }
            if child.name == kind.secretField {
                guard child.children.isEmpty || child.isRedacted else { throw refused(child.name, "is not a secret") }
                continue
            }
            guard child.children.isEmpty else {
                throw refused(child.name, child.isRedacted ? "is another secret" : "has several parts")
            }
            guard child.text.text != nil else { throw refused(child.name, "is not UTF-8") }
            fields.append((child.name, child.text))
        }
        self.kind = kind
        self.fields = fields
        guard self["id"] == target.credential else {
            throw PushFailure(
                .conflict,
                "\(target.subject): Jenkins shows a credential of another ID (\(oneLine(self["id"] ?? "none", limit: 60))); nothing was "
                    + "changed")
        }
    }

    /// A field's text; nil where it is not there.
    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value.text }

    /// The access key ID that it holds; nil: none yet.
    var keyID: String? { self[kind.keyIDField].flatMap { $0.isEmpty ? nil : $0 } }

    /// As XML, with another pair and everything else as it is. The plugin's version is left to Jenkins.
    func document(_ pair: borrowing KeyPair) -> SecretBytes {
        var document = SecretBuilder()
        document.append(contentsOf: "<\(kind.className)>".utf8)
        for field in fields where field.name != kind.keyIDField { document.append(element: field.name, field.value) }
        document.append(element: kind.keyIDField, SecretBytes(pair.accessKeyID))
        document.append(element: kind.secretField, pair.secretAccessKey)
        document.append(contentsOf: "</\(kind.className)>".utf8)
        return document.bytes()
    }

    /// The fields that another one has with other texts, the key ID left out. One that is empty counts as none.
    func differences(to other: Credential) -> [String] {
        let names = (fields + other.fields).map { $0.name }.filter { $0 != kind.keyIDField }
        var differing: [String] = []
        for name in names where self[name] ?? "" != other[name] ?? "" && !differing.contains(name) {
            differing.append(name)
        }
        return differing
    }
}

extension XMLElement {
    /// Whether it is what Jenkins shows in place of a secret.
    fileprivate var isRedacted: Bool {
        guard children.count == 1, let mark = children.first else { return false }
        return mark.name == "secret-redacted" && mark.children.isEmpty && mark.text.count == 0
            && mark.attributes.isEmpty
    }
}
