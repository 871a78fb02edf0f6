internal import FoundationEssentials
internal import PusherHost

/// What is in a package: the text that its author signs.
///
/// ```
/// keyturn package 1
/// id acme-ci
/// version 1.4.0
/// signer ed25519:…
/// file 5891b5b5… 16384 pusher.so
/// ```
struct PackageList: Hashable {
    /// One file, without the plugin's directory.
    struct File: Hashable {
        var name: PackageFile
        var size: Int
        /// SHA-256, in hexadecimal.
        var hash: String

        init(_ name: PackageFile, _ content: [UInt8]) {
            (self.name, size) = (name, content.count)
            hash = content.withUnsafeBytes { SHA256.hex(of: $0) }
        }

        fileprivate init?(_ words: [Substring]) {
            guard words.count == 4, words[0] == "file", words[1].utf8.count == 64, let size = Int(words[2]), size >= 0,
                let name = PackageFile(rawValue: String(words[3]))
            else { return nil }
            (self.name, self.size, hash) = (name, size, String(words[1]))
        }

        fileprivate var line: String { "file \(hash) \(size) \(name.rawValue)\n" }
    }

    /// The longest text, in bytes.
    static let sizeLimit = 8 << 10
    private static let title = "keyturn package 1"

    var id: String
    var version: String
    /// The Ed25519 public key of who signs it, in base64.
    var signer: String
    var files: [File]

    init(id: String, version: String, signer: String, files: [File]) {
        (self.id, self.version, self.signer, self.files) = (id, version, signer, files)
    }

    /// Reads a text; nil: it is none. There is one text for each list, so that nothing is signed that is not read.
    init?(_ text: String) {
        guard text.utf8.count <= Self.sizeLimit else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 5, lines[0] == Self.title, let id = Self.value(lines[1], "id "),
            let version = Self.value(lines[2], "version "), SemanticVersion(version) != nil,
            let signer = Self.value(lines[3], "signer ed25519:"), Data(base64Encoded: signer)?.count == 32
        else { return nil }
        let files = lines[4...].dropLast().compactMap { File($0.split(separator: " ")) }
        self.init(id: id, version: version, signer: signer, files: files)
        guard Set(files.map(\.name)).count == files.count, self.text == text else { return nil }
    }

    /// What is signed.
    var text: String {
        "\(Self.title)\nid \(id)\nversion \(version)\nsigner ed25519:\(signer)\n" + files.map(\.line).joined()
    }

    private static func value(_ line: Substring, _ name: String) -> String? {
        guard line.hasPrefix(name), line.utf8.count > name.utf8.count else { return nil }
        return String(line.dropFirst(name.count))
    }
}

/// The files that a package may have, in their order. There are no others.
enum PackageFile: String, CaseIterable {
    case manifest = "manifest.json"
    case library = "pusher.so"
    /// By which keyturn takes the library where its signer is pinned.
    case signature = "pusher.sig"
    case conformance = "conformance.json"
    case readme = "README.md"
    case license = "LICENSE"
    /// What the library is made of, as CycloneDX.
    case bill = "sbom.cdx.json"

    /// Whether every package has it.
    var isRequired: Bool { [.manifest, .library, .signature, .bill].contains(self) }

    /// The first two entries of an archive: the list, and its signature.
    static let (list, listSignature) = ("package.txt", "package.sig")
}
