import Engine
import Journal
import Rotation
import Secrets
import Synchronization
import Testing

@Suite("The engine", .timeLimit(.minutes(1)))
struct WholeRotationTests {
    @Test("takes a due user through a whole rotation")
    func wholeRotation() async throws {
        let stage = try await Stage()
        let old = stage.aws.addOldKey(of: "bot")
        let user = stage.user(policy: Policy(overlap: .seconds(600), soak: .seconds(1200)))
        let outcome = await stage.engine().work(on: user, requests: [], extent: .wholeRotation)
        #expect(outcome.end == .rested)
        #expect(outcome.rotation?.phase == .idle)
        #expect(outcome.rotation?.problem == nil)
        #expect(stage.aws.keys(of: "bot").map(\.id.rawValue) == ["AKIANEW1"])
        for index in 0..<3 {
            #expect(stage.pushers.held(Stage.target(index)) == "AKIANEW1")
            #expect(stage.pushers.pushes(to: Stage.target(index)).count == 1)
        }
        let changes = stage.aws.changes
        try #require(changes.count == 3)
        #expect(changes.map(\.call) == ["create", "Inactive", "delete"])
        #expect(changes.map(\.key) == [AccessKeyID("AKIANEW1"), old, old])
        #expect(changes[1].at - changes[0].at >= .seconds(600))
        #expect(changes[2].at - changes[1].at >= .seconds(1200))
        #expect(try await stage.pendingPair() == nil)
        #expect(try await stage.journal.record(of: "bot")?.lease == nil)
    }

    @Test("makes the first key of a user that has none")
    func firstKey() async throws {
        let stage = try await Stage()
        let outcome = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        #expect(outcome.rotation?.phase == .idle)
        #expect(stage.aws.changes.map(\.call) == ["create"])
        #expect(stage.pushers.held(Stage.target(0)) == "AKIANEW1")
    }

    @Test("with `.due` does not wait for the overlap; with `.wholeRotation` it does")
    func extent() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        let first = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        #expect(first.end == .rested)
        #expect(first.rotation?.phase == .overlap)
        #expect(stage.clock.now - VirtualClock.start < .seconds(300))
        #expect(stage.aws.changes("Inactive").isEmpty)
        let second = await stage.engine().work(on: stage.user(), requests: [], extent: .wholeRotation)
        #expect(second.rotation?.phase == .idle)
        #expect(stage.clock.now - VirtualClock.start >= .seconds(600))
    }

    @Test("with `.wholeRotation` waits for a target that refuses, however often; with `.due` it does not")
    func lateTarget() async throws {
        let stage = try await Stage()
        let old = stage.aws.addOldKey(of: "bot")
        let (late, pushers) = (Stage.target(0), stage.pushers)
        pushers.set(.fails(.unauthorized), for: late)
        let first = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        #expect(first.rotation?.phase == .delivering && first.end == .rested)
        let tried = pushers.pushes(to: late).count
        pushers.onPush { if pushers.pushes(to: late).count > tried + 5 { pushers.set(.confirms, for: late) } }
        let second = await stage.engine().work(
            on: stage.user(), requests: [.rotate(finishes: true)], extent: .wholeRotation)
        #expect(second.rotation?.phase == .idle && second.end == .rested)
        #expect(pushers.pushes(to: late).count > tried + 5)
        #expect(!stage.aws.keys(of: "bot").contains { $0.id == old })
        #expect(stage.aws.changes("create").count == 1)
    }

    @Test("with `.wholeLeak` waits until the leaked key is dead, however long a target refuses its successor")
    func lateLeak() async throws {
        let stage = try await Stage()
        let leaked = stage.aws.addOldKey(of: "bot", age: .seconds(60))
        _ = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        let (late, pushers) = (Stage.target(0), stage.pushers)
        pushers.set(.fails(.unauthorized), for: late)
        let first = await stage.engine().work(on: stage.user(), requests: [.revoke(atOnce: false)], extent: .leaks)
        #expect(first.rotation?.phase == .delivering)
        let tried = pushers.pushes(to: late).count
        pushers.onPush { if pushers.pushes(to: late).count > tried + 5 { pushers.set(.confirms, for: late) } }
        let second = await stage.engine().work(on: stage.user(), requests: [], extent: .wholeLeak)
        #expect(second.rotation?.phase == .idle)
        #expect(!stage.aws.keys(of: "bot").contains { $0.id == leaked })
    }

    @Test("with `.leaks` waits until no leaked key is left, and not for the overlap of another one")
    func leaks() async throws {
        let stage = try await Stage()
        let old = stage.aws.addOldKey(of: "bot")
        _ = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        let start = stage.clock.now
        let leaked = try #require(try await stage.journal.record(of: "bot")?.rotation.current?.id)
        let first = await stage.engine().work(
            on: stage.user(), requests: [.revoke(leaked, atOnce: true)], extent: .leaks)
        #expect(first.rotation?.phase == .overlap && first.rotation?.previous?.id == old)
        #expect(!stage.aws.keys(of: "bot").contains { $0.id == leaked })
        #expect(stage.clock.now - start < .seconds(300))
        let second = await stage.engine().work(
            on: stage.user(), requests: [.revoke(old, atOnce: false)], extent: .leaks)
        #expect(second.rotation?.phase == .idle)
        #expect(stage.aws.keys(of: "bot").map(\.id) == [second.rotation?.current?.id])
        #expect(stage.clock.now - start < .seconds(300))
    }

    @Test("with `.due` goes one step further whenever it is called late enough")
    func steps() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        var phases: [Phase?] = []
        for _ in 0..<3 {
            phases.append(await stage.engine().work(on: stage.user(), requests: [], extent: .due).rotation?.phase)
            stage.clock.advance(.seconds(3600))
        }
        #expect(phases == [.overlap, .soak, .idle])
    }

    @Test("an order that was refused is judged again once what was due is done")
    func refusedThenDone() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        _ = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        stage.clock.advance(.seconds(3600))
        let early = await stage.engine().work(on: stage.user(), requests: [.rotate()], extent: .due)
        #expect(early.rotation?.phase == .soak)
        #expect(early.refusals.map(\.isTemporary) == [true])
        #expect(early.refusals.first?.reason.contains("is in `soak`") == true, "\(early.refusals)")
        stage.clock.advance(.seconds(3600))
        let late = await stage.engine().work(on: stage.user(), requests: [.rotate()], extent: .due)
        #expect(late.refusals.isEmpty, "\(late.refusals)")
        #expect(late.rotation?.number == 2 && late.rotation?.phase == .overlap)
    }

    @Test("an order that takes a key away is judged once: what its operator saw is over when the phase is")
    func refusedOnce() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.fails(.unauthorized), for: Stage.target(0))
        let user = stage.user(policy: Policy(overlap: .zero))
        let first = await stage.engine().work(on: user, requests: [], extent: .due)
        #expect(first.rotation?.phase == .delivering)
        stage.pushers.set(.confirms, for: Stage.target(0))
        stage.clock.advance(.seconds(3600))
        let second = await stage.engine().work(on: user, requests: [.retire(reason: "it is unused")], extent: .due)
        #expect(second.rotation?.phase != .delivering)
        #expect(second.refusals.count == 1 && second.refusals.first?.isTemporary == true, "\(second.refusals)")
        #expect(second.refusals.first?.reason.contains("phase `delivering`") == true)
    }

    @Test("does nothing for a user that is not due, and a rotation at once for one who is asked for")
    func asked() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot", age: .seconds(60))
        let idle = await stage.engine().work(on: stage.user(), requests: [], extent: .wholeRotation)
        #expect(idle.rotation?.phase == .idle)
        #expect(stage.aws.changes.isEmpty)
        let asked = await stage.engine().work(on: stage.user(), requests: [.rotate()], extent: .due)
        #expect(asked.rotation?.phase == .overlap)
    }

    @Test("reports what it journals, in the same order")
    func progress() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        let told = Mutex<[HistoryEvent]>([])
        let engine = stage.engine { progress in told.withLock { $0 += progress.notes } }
        _ = await engine.work(on: stage.user(), requests: [], extent: .wholeRotation)
        let history = try await stage.history(of: "bot", limit: 1_000).map(\.note)
        #expect(told.withLock { $0 } == history)
        #expect(history.last?.kind == .completed)
    }

    @Test("never shows a secret, in outcomes, progress or history")
    func secrets() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.fails(.unauthorized), for: Stage.target(0))
        let told = Mutex("")
        let engine = stage.engine { progress in
            told.withLock { (text: inout String) in _ = dump(progress, to: &text) }
        }
        let outcome = await engine.work(on: stage.user(), requests: [], extent: .due)
        var text = told.withLock { $0 }
        dump(outcome, to: &text)
        dump(try await stage.history(of: nil, limit: 1_000), to: &text)
        #expect(text.contains("AKIANEW1"))
        #expect(!text.contains("s3cr3t"))
        #expect(try await stage.pendingPair()?.secret == .text(FakeAWS.secret(of: "AKIANEW1")))
    }

    @Test("works on many users at once, and gives the outcomes in their order")
    func manyUsers() async throws {
        let stage = try await Stage()
        let names = (0..<100).map { "bot\($0)" }
        for name in names { _ = stage.aws.addOldKey(of: name) }
        let outcomes = await stage.engine().work(on: names.map { stage.user($0, targets: 2) }, extent: .due)
        #expect(outcomes.map(\.user) == names)
        #expect(outcomes.allSatisfy { $0.end == .rested && $0.rotation?.phase == .overlap })
        for name in names {
            let held = stage.pushers.held(Stage.target(0, of: name))
            #expect(held == stage.aws.keys(of: name).last?.id.rawValue)
            #expect(held == stage.pushers.held(Stage.target(1, of: name)))
        }
    }

    @Test("stops at once when its task is cancelled, and gives the user back")
    func cancelled() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.aws.nextCreations(.hangs)
        let aws = stage.aws
        let (engine, user) = (stage.engine(), stage.user())
        let task = Task { await engine.work(on: user, requests: [], extent: .wholeRotation) }
        await Stage.reached { !aws.changes("create").isEmpty }
        task.cancel()
        #expect(await task.value.end == .stopped)
        #expect(try await stage.journal.record(of: "bot")?.lease == nil)
        #expect(try await stage.phase() == .creating)
    }
}
