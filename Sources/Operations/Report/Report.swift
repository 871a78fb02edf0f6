internal import AWS
internal import Configuration
internal import Engine
internal import JSON
internal import Journal
package import Rotation

/// What was done with every user's keys in a period, for those who must show it to others. Changes nothing.
package struct Report {
    private let loaded: LoadedConfiguration
    private let state: StateAccess

    package init(_ context: OperationContext) async throws {
        (loaded, _) = try await LoadedConfiguration.recalled(context, for: .looking)
        state = StateAccess(loaded, for: .checking)
    }

    /// - Parameters:
    ///   - names: of users; none: all, also those that have left the configuration.
    ///   - since: where the period begins; nil: with the history.
    ///   - maxAge: what no key may have been older than in the period; nil: any age passes.
    ///   - asksIAM: whether keys that keyturn does not rotate are listed, too.
    package func run(
        _ names: [String], since: Timestamp?, maxAge: Duration?, asksIAM: Bool
    ) async throws -> ReportDocument {
        let configured = try loaded.select(names)
        let selected = configured.map(\.name)
        let federated = couldFederate(configured)
        let now = loaded.context.clock.now
        let journal = try await state.read()
        let (records, verdict): ([String: JournalRecord], HistoryVerdict)
        do throws(JournalError) {
            (records, verdict) = (try await journal.records(), try await journal.verifyHistory(holding: nil))
        } catch { throw OperationFailure(error) }
        let gone = records.filter { !selected.contains($0.key) && !$0.value.rotation.knowsNothing }.map(\.key)
        let left = names.isEmpty ? gone : []
        var document = ReportDocument(
            since: since.map(Moment.text), until: Moment.text(now), users: [],
            federation: .init(targets: configured.reduce(0) { $0 + $1.targets.count }, couldFederate: federated.count),
            history: VerdictDocument(verdict),
            maxAge: maxAge.map(\.components.seconds), failures: [])
        for name in (selected + left).sorted() {
            let rotation = records[name]?.rotation ?? Rotation(at: now)
            let lives = try await lives(of: name, rotation, journal, now)
            let targets = configured.first { $0.name == name }?.targets.map(\.name) ?? []
            let user = Self.user(
                name, isConfigured: !left.contains(name), rotation, lives, since, now, federated, targets: targets)
            document.users.append(user)
            if let maxAge { document.failures += Self.failures(user, lives, since, now, maxAge) }
        }
        if asksIAM { document.unmanaged = try await unmanaged(records, now) }
        if let maxAge {
            document.failures += (document.unmanaged ?? [])
                .filter { $0.status == AccessKey.Status.active.rawValue && $0.seconds > maxAge.components.seconds }
                .map { "\($0.user): \($0.key) is \(Self.text($0.seconds)) old, and keyturn does not rotate it" }
        }
        if !verdict.faults.isEmpty {
            document.failures.append("the history is not as it was written: `keyturn history verify` shows where")
        }
        return document
    }

    /// Targets whose system could do without a key.
    private func couldFederate(_ users: [ConfiguredUser]) -> Set<TargetName> {
        let plugins = Dictionary(loaded.pushers.map { ($0.name, $0.plugin) }) { first, _ in first }
        let targets = users.flatMap(\.targets).filter { target in
            guard let plugin = plugins[target.pusher] else { return false }
            let kind = (try? JSONValue(parsing: target.fields))?["kind"]?.string
            return FederatedSystem.couldFederate(plugin: plugin, kind: kind)
        }
        return Set(targets.map(\.name))
    }

    private func lives(
        of user: String, _ rotation: Rotation, _ journal: StoredJournal, _ now: Timestamp
    ) async throws -> KeyLives {
        var filter = HistoryFilter(limit: .max)
        filter.user = user
        var lives = KeyLives()
        do throws(JournalError) {
            for line in try await journal.history(filter) { lives.take(line.note, at: line.at) }
        } catch { throw OperationFailure(error) }
        for key in [rotation.current, rotation.next, rotation.previous].compactMap({ $0 }) { lives.take(key, at: now) }
        return lives
    }

    static func user(
        _ name: String, isConfigured: Bool, _ rotation: Rotation, _ lives: KeyLives, _ since: Timestamp?,
        _ now: Timestamp, _ federated: Set<TargetName> = [], targets: [TargetName] = []
    ) -> ReportDocument.User {
        // A target that got nothing yet is a target.
        var deliveries = rotation.deliveries
        for target in targets where deliveries[target] == nil { deliveries[target] = Delivery() }
        let start = since ?? Timestamp(milliseconds: .min)
        let keys = [("current", rotation.current), ("next", rotation.next), ("previous", rotation.previous)]
        let oldest = lives.lives.values.filter { ($0.until ?? now) >= start }
            .max { ($0.age(at: now), $1.key.rawValue) < ($1.age(at: now), $0.key.rawValue) }
        let completed = lives.completed.filter { $0 >= start }
        return ReportDocument.User(
            user: name, isConfigured: isConfigured, phase: rotation.phase.rawValue,
            problem: rotation.trouble?.naming(name),
            keys: keys.compactMap { role, key in
                key.map {
                    .init(
                        id: $0.id.rawValue, role: role, status: $0.status.rawValue, created: Moment.text($0.created),
                        seconds: seconds(now - $0.created))
                }
            },
            rotations: completed.count, lastRotation: completed.last.map(Moment.text),
            oldest: oldest.map {
                .init(key: $0.key.rawValue, seconds: seconds($0.age(at: now)), isAtLeast: $0.isAtLeast)
            },
            targets: deliveries.sorted { $0.key < $1.key }.map { target, delivery in
                let held = delivery.state == .confirmed ? rotation.next ?? rotation.current : nil
                return .init(
                    target: target.rawValue, state: delivery.state.rawValue, evidence: delivery.evidence?.rawValue,
                    at: delivery.at.map(Moment.text), seconds: held.map { seconds(now - $0.created) },
                    couldFederate: federated.contains(target))
            },
            skips: lives.skips.filter { $0.at >= start }.map {
                .init(target: $0.target.rawValue, at: Moment.text($0.at), reason: $0.reason)
            },
            leaks: lives.leaks.filter { ($0.deadAt ?? now) >= start }.map {
                .init(
                    key: $0.key.rawValue, at: Moment.text($0.at), deadAt: $0.deadAt.map(Moment.text),
                    seconds: seconds(max(.zero, ($0.deadAt ?? now) - $0.at)))
            })
    }

    /// Keys that were older than allowed while they were Active, at some time of the period.
    static func failures(
        _ user: ReportDocument.User, _ lives: KeyLives, _ since: Timestamp?, _ now: Timestamp, _ maxAge: Duration
    ) -> [String] {
        let start = since ?? Timestamp(milliseconds: .min)
        return lives.lives.values.filter { ($0.until ?? now) >= start && $0.age(at: now) > maxAge }
            .sorted { $0.key.rawValue < $1.key.rawValue }
            .map { life in
                let state = life.until == nil ? "is Active and" : "was Active until it was"
                let least = life.isAtLeast ? "at least " : ""
                return
                    "\(user.user): \(life.key) \(state) \(least)\(DurationText.text(life.age(at: now))) old; allowed: \(DurationText.text(maxAge))"
            }
    }

    private static func seconds(_ duration: Duration) -> Int64 { max(0, duration.components.seconds) }

    private static func text(_ seconds: Int64) -> String { DurationText.text(.seconds(seconds)) }

    /// Keys of the default account and of the users' accounts that no record knows.
    private func unmanaged(
        _ records: [String: JournalRecord], _ now: Timestamp
    ) async throws -> [ReportDocument.Unmanaged] {
        let factory = ServiceFactory(loaded)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let accounts = factory.makeAccounts(http)
        var settings = [loaded.account(loaded.configuration.account)]
        for account in loaded.users.map({ loaded.account(of: $0) }) where !settings.contains(account) {
            settings.append(account)
        }
        let known = Set(
            records.values.flatMap { [$0.rotation.current, $0.rotation.next, $0.rotation.previous] }
                .compactMap { $0?.id })
        var found: [ReportDocument.Unmanaged] = []
        do throws(AWSError) {
            for account in settings {
                let iam = accounts.iam(account)
                let users = try await iam.users(under: nil, withTags: false).map(\.name)
                for (user, keys) in try await Self.keys(of: users, iam) {
                    found += keys.filter { !known.contains($0.id) }.map {
                        .init(
                            user: user, key: $0.id.rawValue, status: $0.status.rawValue,
                            created: Moment.text($0.created), seconds: Self.seconds(now - $0.created))
                    }
                }
            }
        } catch {
            throw OperationFailure(
                ExitStatus(error),
                "\(error.description). The keys that keyturn does not rotate are listed with iam:ListUsers and iam:ListAccessKeys"
            )
        }
        return found.sorted { ($0.user, $0.key) < ($1.user, $1.key) }
    }

    private static func keys(of users: [String], _ iam: IAM) async throws(AWSError) -> [(String, [AccessKey])] {
        let results = await atOnce(users) { user -> Result<(String, [AccessKey]), AWSError> in
            do throws(AWSError) { return .success((user, try await iam.listAccessKeys(of: user))) } catch {
                // It was deleted meanwhile.
                return error.code == .noSuchEntity ? .success((user, [])) : .failure(error)
            }
        }
        var found: [(String, [AccessKey])] = []
        for result in results { found.append(try result.get()) }
        return found
    }
}
