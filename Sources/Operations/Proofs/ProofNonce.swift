internal import Journal
internal import Rotation

/// What ties a log to a job that this keyturn printed a short time ago: `SECONDS-RANDOM-CODE` in hexadecimal.
///
/// It is derived and not kept: the code is an HMAC over the rest under a key of its own from the seal key, so any machine with the
/// configuration knows it again, and `find` goes on to write nothing. A log of another company has another seal key's code; an old one has a
/// time that is too old. One nonce may be used in many repositories: it says who printed the job, not where it ran. It is as public
/// as the log, so whoever can read it can write a line that passes: a proof is as good as the log that it is in.
///
/// A seal key that was replaced, and is not in the configuration any more, ends the nonces that were made with it; print a new job.
struct ProofNonce: Hashable {
    /// How long a job may be run, and its log read.
    static let lifetime: Duration = .seconds(7 * 86_400)

    let text: String
    let issued: Timestamp

    /// A fresh one.
    init(for system: ProofSystem, at now: Timestamp, _ seal: Seal) {
        let random = UInt64.random(in: .min ... .max)
        let body = "\(Self.hex(UInt64(max(0, now.milliseconds / 1_000)), 10))-\(Self.hex(random, 16))"
        text = "\(body)-\(seal.code(for: Self.signed(body, system)))"
        issued = Timestamp(milliseconds: now.milliseconds / 1_000 * 1_000)
    }

    /// One that came back; nil: these seal keys have not made it for that system.
    init?(_ text: String, for system: ProofSystem, _ seal: Seal) {
        guard let match = text.wholeMatch(of: #/(([0-9a-f]{10})-[0-9a-f]{16})-([0-9a-f]{64})/#),
            seal.accepts(String(match.3), for: Self.signed(String(match.1), system)),
            let seconds = Int64(match.2, radix: 16)
        else { return nil }
        self.text = text
        issued = Timestamp(milliseconds: seconds * 1_000)
    }

    private static func signed(_ body: String, _ system: ProofSystem) -> String {
        "keyturn-proof/1 \(system.rawValue) \(body)"
    }

    private static func hex(_ number: UInt64, _ count: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
