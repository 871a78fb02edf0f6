internal import PusherHost

/// Whether a package may be installed: by whom it is signed, and whether it is older than what was there. Decides alone, and reads nothing.
struct PackageTrust {
    /// Whose word it is that a key is the author's.
    enum Ground: Hashable {
        /// The operator named it in this command.
        case named
        /// The lock file has it.
        case lock
        /// An index names it, whose own signer the operator trusts.
        case index(String)
    }

    /// Why it may not.
    struct Refusal: Error, Hashable {
        /// A clause, with what to type.
        var description: String
    }

    /// The operator's lock file.
    var lock: LockFile
    /// The key that the operator named; nil: none.
    var named: String?
    /// The index that the package was found by, and the key that it names; nil: none.
    var index: (url: String, signer: String)?
    var allowsDowngrade = false

    /// - Returns: why its signer is believed.
    func judge(_ list: PackageList) throws(Refusal) -> Ground {
        let ground = try ground(for: list)
        // An older version was signed as well, with the faults that a later one has fixed.
        if !allowsDowngrade, let lowest = lowest(of: list.id), let version = SemanticVersion(list.version),
            version < lowest.version
        {
            throw Refusal(
                description:
                    "version \(list.version) is older than \(lowest.text), the lowest that \(lock.path) takes of \(list.id); --allow-downgrade takes it all the same"
            )
        }
        return ground
    }

    private func ground(for list: PackageList) throws(Refusal) -> Ground {
        let signer = "it is signed by ed25519:\(list.signer)"
        if let index, index.signer != list.signer {
            throw Refusal(description: "\(signer), and \(index.url) says that ed25519:\(index.signer) signs it")
        }
        if let named {
            guard named == list.signer else { throw Refusal(description: "\(signer), and --signer names \(named)") }
            return .named
        }
        if let known = lock.signers[list.id]?.key ?? lock.pins[list.id]?.signer {
            guard known == list.signer else {
                throw Refusal(
                    description:
                        "\(signer), and \(lock.path) trusts ed25519:\(known) for \(list.id). If its author says that the key is a new one: --signer \(list.signer)"
                )
            }
            return .lock
        }
        if let index { return .index(index.url) }
        throw Refusal(
            description:
                "\(signer), whom \(lock.path) does not trust for \(list.id). Compare the key with the one that its author publishes, then: --signer \(list.signer)"
        )
    }

    /// The lowest version that is taken: the signer's, or the pinned one where that is higher.
    private func lowest(of id: String) -> (text: String, version: SemanticVersion)? {
        [lock.signers[id]?.lowest, lock.pins[id]?.version].compactMap { text in
            text.flatMap { text in SemanticVersion(text).map { (text, $0) } }
        }.max { $0.1 < $1.1 }.map { (text: $0.0, version: $0.1) }
    }
}
