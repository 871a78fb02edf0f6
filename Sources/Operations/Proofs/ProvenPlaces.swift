internal import Rotation

/// Puts the proofs of logs to the places that were found: the newest of each place counts.
struct ProvenPlaces {
    /// Masked lines whose key ID is looked for among those that IAM lists: each is hashed with each.
    private static let mostMasked = 100

    private let logs: ProofLogs
    private let listing: ProofPlaces
    private let keys: KeyLookup.Result
    /// Key IDs of masked lines, by the lines' hashes.
    private var unmasked: [String: String] = [:]
    /// By the number of the place.
    private(set) var places: [Int: ProofLine] = [:]
    private(set) var unproved: [FindDocument.Unproved]

    init(_ logs: ProofLogs, _ listing: ProofPlaces, _ keys: KeyLookup.Result) {
        (self.logs, self.listing, self.keys) = (logs, listing, keys)
        unproved = logs.unproved
    }

    /// The key ID that a job was given; nil: none, or it is masked and not known.
    func keyID(of proof: ProofLine) -> String? {
        if case .id(let id) = proof.key { id } else { unmasked[proof.sum] }
    }

    mutating func settle() {
        unmask()
        // The newest last, so that it is the one that stays; of two at the same moment the later line.
        for entry in logs.entries.sorted(by: { $0.proof.at < $1.proof.at }) {
            let proof = entry.proof
            let id = keyID(of: proof)
            guard proof.key != .masked || id != nil else {
                refuse(
                    entry,
                    "the CI system masked the key ID, and it is none of those that IAM lists for the configuration's users. "
                        + "Add the key's user to `users`, and read the log again")
                continue
            }
            switch listing.answer(to: proof, key: id) {
            case .none(let reason): refuse(entry, reason)
            case .places(let indices):
                for index in indices { places[index] = proof }
                if let id, let reason = stranger(id, proof) { refuse(entry, reason) }
            }
        }
    }

    private mutating func unmask() {
        let known = keys.keys.keys.sorted()
        for entry in logs.entries.lazy.filter({ $0.proof.key == .masked }).prefix(Self.mostMasked) {
            unmasked[entry.proof.sum] = known.first { entry.proof.accepts($0) }
        }
    }

    private mutating func refuse(_ entry: ProofLogs.Entry, _ reason: String) {
        unproved.append(
            .init(
                log: entry.file == "-" ? "stdin" : entry.file, line: entry.line,
                detail: "the job of \(entry.proof.place) at \(Moment.text(entry.proof.at)): \(reason)"))
    }

    /// What there is to say of a key that no account has.
    private func stranger(_ id: String, _ proof: ProofLine) -> String? {
        switch keys.keys[id]?.standing {
        case .gone, .foreign: break
        case .key, .unknown, nil: return nil
        }
        let accounts = "no account that keyturn asks has \(id), which the job was given"
        return proof.result == .used
            ? "\(accounts) and STS accepted: it is a key of another account, or was deleted since"
            : "\(accounts): it is a key of another account, or was deleted"
    }
}

extension ProofLogs {
    /// The key IDs that lines name.
    var keyIDs: [String] { entries.compactMap { if case .id(let id) = $0.proof.key { id } else { nil } } }
}

extension ProofLine {
    /// What it proves of the key that the job was given; nil: nothing.
    var evidence: FindDocument.Evidence? {
        switch result {
        case .used: .used
        case .present, .unreachable, .noSecret: .present
        case .refused, .noKey: nil
        }
    }

    /// What there is to say about it at its place.
    var note: String {
        let time = Moment.text(at)
        return switch result {
        case .used: "used by a job at \(time)"
        case .present: "given to a job at \(time), which had neither aws nor a curl that signs to use it"
        case .refused:
            "STS did not accept what a job was given at \(time): the key is not active, or \(secretName) is another key's"
        case .unreachable: "given to a job at \(time), which could not reach STS"
        case .noSecret: "given to a job at \(time), without a secret access key in \(secretName)"
        case .noKey: "a job at \(time) was given no access key ID in \(keyName)"
        }
    }
}
