internal import Configuration
internal import Engine
internal import Journal
internal import PusherHost
internal import Rotation

/// Where every user, key and target is: read from the state, and with a question to each target if that is wanted.
package struct StatusInspection {
    /// What was found.
    package struct Result: Sendable {
        /// The configuration.
        package var file: String
        package var document: StatusDocument
        /// That there is no state yet, and what makes it; nil: there is one.
        package var absence: String?
        /// What looking for users led to.
        package var status: ExitStatus
        /// That, and what needs a person.
        package var attention: ExitStatus
    }

    private var loaded: LoadedConfiguration
    private let state: StateAccess

    package init(_ context: OperationContext) async throws {
        (loaded, state) = try await LoadedConfiguration.recalled(context, for: .looking)
    }

    /// - Parameters:
    ///   - names: of users; none: all.
    ///   - online: whether each target is asked which key it holds.
    package mutating func run(_ names: [String], online: Bool) async throws -> Result {
        let status = online ? try await loaded.discover(keptIn: nil) : .done
        let now = SystemClock().now
        let records = try await state.records()
        if let doubt = await state.doubtAboutSealKey() { loaded.log.warn(doubt) }
        // A user that was renamed in the middle of a rotation leaves two Active keys behind.
        let left = StatusDocument.left(records, loaded.users.map(\.name), at: now)
            .filter { names.isEmpty || names.contains($0.user) }
        let configured = names.filter { name in !left.contains { $0.user == name } }
        let selected = names.isEmpty || !configured.isEmpty ? try loaded.select(configured) : []
        var users = selected.map { user in
            StatusDocument.User(user, records[user.name]?.rotation ?? Rotation(at: now), at: now)
        }
        if online {
            let looks = try await look(selected, records.mapValues(\.rotation))
            for index in users.indices { users[index].add(looks[users[index].user] ?? [:]) }
        }
        let attention =
            selected.map { ExitStatus(attentionTo: records[$0.name]?.rotation, at: now, policy: $0.policy) }
            + users.map(\.targetStatus)
        let journal = try await state.openIfThere()
        var workers: [StatusDocument.Worker]?
        do throws(JournalError) {
            if let journal, journal.isShared {
                workers = try await journal.workers().map { StatusDocument.Worker($0.worker, seen: $0.seen, at: now) }
            }
        } catch { throw OperationFailure(error) }
        return Result(
            file: loaded.file, document: StatusDocument(users: users + left, workers: workers),
            absence: journal == nil ? state.absence : nil, status: status,
            attention: attention.reduce(left.isEmpty ? status : status.worse(.failed)) { $0.worse($1) })
    }

    /// Asks every target of every user at once.
    private func look(
        _ users: [ConfiguredUser], _ rotations: [String: Rotation]
    ) async throws -> [String: [String: StatusDocument.Holding]] {
        let factory = ServiceFactory(loaded)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let host = try await factory.makeHost(http, for: users)
        do { try await factory.start(host, for: users) } catch {
            await host.stop()
            throw error
        }
        let found = await withTaskGroup(of: (String, String, StatusDocument.Holding).self) { group in
            for user in users {
                guard let rotation = rotations[user.name] else { continue }
                for target in user.targets {
                    let place = PusherTarget(target)
                    group.addTask {
                        let report = await host.call(.inspect, place, timeout: user.policy.pushTimeout)
                        let look = TargetLook(report, rotation)
                        let drift = look.drift(of: target.name, user.name, rotation, at: SystemClock().now)
                        return (user.name, target.name.rawValue, StatusDocument.Holding(look, drift: drift))
                    }
                }
            }
            var found: [String: [String: StatusDocument.Holding]] = [:]
            for await (user, target, holding) in group { found[user, default: [:]][target] = holding }
            return found
        }
        await host.stop()
        return found
    }
}

extension StatusDocument.User {
    /// What keys and targets lead to: a leaked key that works, jobs that fail, and targets that were asked just now.
    fileprivate var targetStatus: ExitStatus {
        let isHurt = outage != nil || leaks.contains(where: \.isActive)
        if isHurt, phase != Phase.idle.rawValue { return .unfinished }
        return isHurt || deliveries.contains { $0.holds?.drift != nil } ? .failed : .done
    }

    fileprivate mutating func add(_ holdings: [String: StatusDocument.Holding]) {
        for index in deliveries.indices { deliveries[index].holds = holdings[deliveries[index].target] }
    }
}
