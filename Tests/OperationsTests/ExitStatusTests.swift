import AWS
import Configuration
@testable import Engine
import Journal
@testable import Operations
import Rotation
import Testing

@Suite("Exit statuses")
struct ExitStatusTests {
    @Test("what a person must fix comes before what time may fix")
    func order() {
        let ranked: [ExitStatus] = [.done, .unfinished, .unavailable, .notAllowed, .failed, .configuration, .usage]
        for (index, status) in ranked.enumerated() {
            for other in ranked[index...] { #expect(status.worse(other) == other && other.worse(status) == other) }
        }
        #expect([ExitStatus]().worst == .done && ranked.shuffled().worst == .usage)
    }

    @Test("are those of sysexits.h")
    func numbers() {
        let statuses: [ExitStatus] = [.done, .failed, .usage, .unavailable, .unfinished, .notAllowed, .configuration]
        #expect(statuses.map(\.rawValue) == [0, 1, 64, 69, 75, 77, 78])
    }

    private func rotation(_ phase: Phase = .idle, _ problem: Problem.Code? = nil) -> Rotation {
        var rotation = Rotation(at: Directory.now)
        rotation.phase = phase
        rotation.problem = problem.map { Problem(code: $0, message: "problem", since: Directory.now) }
        return rotation
    }

    @Test("of the work on a user")
    func outcomes() {
        func status(
            _ rotation: Rotation?, _ end: UserOutcome.End = .rested, _ refusals: [OrderRefusal] = [],
            ordered: Problem.Code? = nil
        ) -> ExitStatus {
            ExitStatus(UserOutcome(user: "bot", rotation: rotation, end: end, refusals: refusals), ordered: ordered)
        }
        #expect(status(rotation()) == .done)
        #expect(status(rotation(.delivering)) == .unfinished)
        #expect(status(rotation(.soak)) == .done)
        #expect(status(nil) == .failed)
        #expect(status(nil, .busy(JournalError(.leased, "another"))) == .unfinished)
        #expect(status(nil, .journalFailed("full")) == .failed)
        #expect(status(rotation(), .stopped) == .unfinished)
        #expect(status(rotation(.overlap, .stillUsed)) == .unfinished)
        #expect(status(rotation(.overlap, .drifted)) == .failed)
        #expect(status(rotation(.creating, .denied)) == .notAllowed)
        #expect(status(rotation(.overlap, .ownKey)) == .notAllowed)
        #expect(status(rotation(.creating, .unreachable)) == .unavailable)
        // An order that may be given again, and one that a person must decide about.
        #expect(status(rotation(), .rested, [OrderRefusal("later", isTemporary: true)]) == .unfinished)
        #expect(status(rotation(), .rested, [OrderRefusal("no")]) == .failed)
        // What was ordered is not a failure.
        #expect(status(rotation(.overlap, .rolledBack)) == .failed)
        #expect(status(rotation(.overlap, .rolledBack), ordered: .rolledBack) == .done)
        #expect(status(rotation(.overlap, .rolledBack), .rested, [OrderRefusal("no")], ordered: .rolledBack) == .failed)
    }

    @Test("a leaked key that is not dead yet was not dealt with, whatever was ordered")
    func leaks() {
        var leaking = rotation(.idle, .unaccountedKey)
        let order = UserOutcome(user: "bot", rotation: leaking, end: .rested)
        #expect(ExitStatus(order, ordered: .unaccountedKey) == .done)
        leaking.leaks = [Leak(AccessKeyID("AKIALEAKEDEXAMPLE001"))]
        #expect(
            ExitStatus(UserOutcome(user: "bot", rotation: leaking, end: .rested), ordered: .unaccountedKey) == .failed)
    }

    @Test("of states and configurations that cannot be used")
    func failures() {
        let codes: [(JournalError.Code, ExitStatus)] = [
            (.unavailable, .failed), (.overtaken, .unfinished), (.leased, .unfinished), (.foreign, .configuration),
            (.corrupt, .configuration), (.newer, .configuration), (.wrongSealKey, .configuration),
            (.tooLarge, .failed),
        ]
        for (code, status) in codes {
            let failure = OperationFailure(JournalError(code, "state.db: words"))
            #expect(failure.status == status && failure.message.contains("state.db: words."))
        }
        let error = ConfigurationError(file: "keyturn.yaml", line: 3, "words")
        #expect(OperationFailure(error).status == .configuration)
    }

    @Test("of what AWS and pushers answer")
    func services() {
        let codes: [(AWSError.Code, ExitStatus)] = [
            (.denied, .notAllowed), (.unknownKey, .notAllowed), (.unreachable, .unavailable), (.lost, .unavailable),
            (.limitExceeded, .failed), (.noSuchEntity, .failed), (.refused, .failed),
        ]
        for (code, status) in codes { #expect(ExitStatus(AWSError(code, "words")) == status) }
        let outcomes: [(PushResult.Outcome, ExitStatus)] = [
            (.ok, .done), (.unchanged, .done), (.unauthorized, .notAllowed), (.retryable, .unavailable),
            (.timedOut, .unavailable), (.notFound, .failed), (.conflict, .failed), (.unsupported, .failed),
        ]
        for (outcome, status) in outcomes { #expect(ExitStatus(ofCheck: outcome) == status) }
    }
}
