internal import Configuration
internal import Glibc
internal import Journal
internal import Rotation

/// The proofs in logs of CI systems: those whose hash and nonce are right, and what is wrong with the others.
struct ProofLogs {
    /// A line, and where it is.
    struct Entry {
        var file: String
        var line: Int
        var proof: ProofLine
    }

    private static let piece = 256 << 10
    /// Of one log, in bytes.
    private static let largest = 16 << 30
    /// Lines of all logs that are kept: whoever may write into a log may write many.
    private static let mostLines = 10_000
    /// How far the clocks of runners may be ahead.
    private static let clockTolerance: Duration = .seconds(300)

    private(set) var entries: [Entry] = []
    private(set) var unproved: [FindDocument.Unproved] = []
    /// A log shows a line twice where the shell shows what it does.
    private var seen: Set<String> = []
    private let seal: Seal
    private let now: Timestamp

    /// The seal keys that nonces are made with.
    static func seal(_ state: StateAccess, _ loaded: LoadedConfiguration) async throws -> Seal {
        if let seal = try await state.seal() { return seal }
        throw OperationFailure(
            .configuration,
            "\(loaded.file): `seal-key`: KMS makes it at the first `keyturn step`, and proofs are made with it; run that first"
        )
    }

    /// - Throws: ``OperationFailure`` for a log that cannot be read, or has no proof.
    init(_ files: [String], _ seal: Seal, at now: Timestamp) throws {
        (self.seal, self.now) = (seal, now)
        for file in files {
            let before = entries.count + unproved.count
            try read(file)
            guard entries.count + unproved.count == before else { continue }
            throw OperationFailure(
                .failed,
                "\(Self.name(file)) has no line of a proof. Print a job with `keyturn find --proof-job \(Self.systems)`, run it, and "
                    + "give keyturn its whole log, not compressed. Nothing was asked")
        }
    }

    private static var systems: String { ProofSystem.allCases.map(\.rawValue).joined(separator: "|") }

    private static func name(_ file: String) -> String { file == "-" ? "stdin" : file }

    private mutating func read(_ file: String) throws {
        let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(file) }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var (scanner, bytes, total) = (ProofScanner(), [UInt8](repeating: 0, count: Self.piece), 0)
        while true {
            let count = Glibc.read(descriptor, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.unreadable(file) }
            guard count > 0 else { break }
            total += count
            guard total <= Self.largest else {
                throw OperationFailure(.failed, "\(Self.name(file)): a log may have 16 GiB. Nothing was asked")
            }
            bytes.withUnsafeBytes { bytes in
                scanner.scan(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { take($1, file, $0) }
            }
        }
        scanner.finish { take($1, file, $0) }
    }

    private static func unreadable(_ file: String) -> OperationFailure {
        OperationFailure(
            .failed, "\(name(file)): the log cannot be read: \(String(cString: strerror(errno))). Nothing was asked")
    }

    /// One line. What is not one of a proof is not mentioned.
    mutating func take(_ text: String, _ file: String, _ line: Int) {
        guard seen.count < Self.mostLines else { return }
        do throws(ProofLine.Flaw) {
            guard let proof = try ProofLine.read(text) else { return }
            guard seen.insert(proof.sum).inserted else { return }
            if let reason = reason(against: proof) { return refuse(reason, file, line) }
            entries.append(Entry(file: file, line: line, proof: proof))
        } catch {
            guard seen.insert("\(file) \(line)").inserted else { return }
            refuse(Self.words(error), file, line)
        }
        if seen.count == Self.mostLines {
            refuse("there are more than \(Self.mostLines) lines of proofs: the rest was not read", file, line)
        }
    }

    private mutating func refuse(_ reason: String, _ file: String, _ line: Int) {
        unproved.append(.init(log: Self.name(file), line: line, detail: reason))
    }

    private static func words(_ flaw: ProofLine.Flaw) -> String {
        switch flaw {
        case .broken:
            "the line of a proof was cut or changed. Download the log from the CI system again, or run the job again"
        case .masked(let name):
            "the CI system masked `\(name)` in the line of a proof: a secret of that job has a short value that occurs there. "
                + "Run the job again without that secret"
        case .wrongHash:
            "the hash does not belong to the line of a proof: a part of the line was changed. Run the job again"
        }
    }

    private func reason(against proof: ProofLine) -> String? {
        let job = "`keyturn find --proof-job \(proof.system.rawValue)`"
        guard let nonce = ProofNonce(proof.nonce, for: proof.system, seal) else {
            return
                "the job of \(proof.place) was not printed with this configuration's seal key. Print a job with \(job), and run it"
        }
        guard nonce.issued + ProofNonce.lifetime >= now else {
            return "the job of \(proof.place) was printed at \(Moment.text(nonce.issued)), more than "
                + "\(Moment.text(ProofNonce.lifetime)) ago. Print a job with \(job), and run it"
        }
        guard proof.at + Self.clockTolerance >= nonce.issued, proof.at <= now + Self.clockTolerance else {
            return "the job of \(proof.place) says that it ran at \(Moment.text(proof.at)), which is not between "
                + "\(Moment.text(nonce.issued)), when it was printed, and now. Correct the runner's clock, and run it again"
        }
        return nil
    }
}

extension ProofLine {
    /// The job's place, for texts.
    var place: String {
        guard !part.isEmpty else { return "\(system.rawValue):\(path)" }
        return "\(system.rawValue):\(path) (\(system.hasEnvironments ? "environment" : "branch") \(part))"
    }
}
