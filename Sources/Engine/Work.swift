internal import AWS
internal import PusherHost
internal import Rotation
internal import Secrets

/// Effects under way for one user. Each ends in one happening, posted to the mailbox.
struct Work {
    private var tasks: [Task<Void, Never>] = []

    mutating func begin(
        _ effect: Effect, _ session: RotationSession, _ pushers: any PushService, _ mailbox: Mailbox
    ) {
        let (user, pair) = (session.user, session.pair)
        tasks.append(
            Task {
                mailbox.post(await Self.perform(effect, user, pair, pushers))
            })
        if tasks.count > 1_024 { tasks.removeFirst(512) }
    }

    func cancel() { tasks.forEach { $0.cancel() } }

    private static func perform(
        _ effect: Effect, _ user: ManagedUser, _ pair: KeyPair?, _ pushers: any PushService
    ) async -> Happening {
        do throws(AWSError) {
            switch effect {
            case .listKeys:
                return Happening(event: .keysListed(try await user.keys.listAccessKeys(of: user.userName)))
            case .createKey:
                let made = try await user.keys.createAccessKey(of: user.userName)
                return Happening(event: .keyCreated(made.key), pair: made.pair)
            case .verifyKey(let id): return Happening(event: await verify(id, pair, user))
            case .push(let target, let id):
                return Happening(event: .pushed(target, id, await push(target, id, pair, user, pushers)))
            case .lookUpLastUse(let id): return Happening(event: .lastUsed(id, try await user.keys.lastUse(of: id)))
            case .inspect(let target):
                guard let place = user.targetsByName[target] else { return Happening(event: .inspected(target, nil)) }
                return Happening(
                    event: .inspected(target, await pushers.inspect(place, timeout: user.policy.pushTimeout)))
            case .check(let target):
                guard let place = user.targetsByName[target] else { return Happening(event: .checked(target, nil)) }
                return Happening(
                    event: .checked(target, await pushers.refusal(of: place, timeout: user.policy.pushTimeout)))
            case .activateKey(let id):
                try await user.keys.setStatus(.active, of: id, of: user.userName)
                return Happening(event: .keyActivated(id))
            case .deactivateKey(let id):
                try await user.keys.setStatus(.inactive, of: id, of: user.userName)
                return Happening(event: .keyDeactivated(id))
            case .deleteKey(let id):
                try await user.keys.deleteAccessKey(id, of: user.userName)
                return Happening(event: .keyDeleted(id))
            }
        } catch { return Happening(event: .failed(effect, Failure(error))) }
    }

    private static func verify(_ id: AccessKeyID, _ pair: KeyPair?, _ user: ManagedUser) async -> Event {
        guard let pair, pair.id == id.rawValue else {
            return .keyNotVerified(id, "the sealed secret of \(id) is not in the journal")
        }
        do {
            let arn = try await user.keys.identity(of: pair)
            if ARN(arn).isUser(named: user.userName) { return .keyVerified(id) }
            return .keyOfAnother(
                id, "STS says that the new key \(id) is \(arn), not the user \(user.userName). It was pushed nowhere.")
        } catch { return .keyNotVerified(id, error.description) }
    }

    private static func push(
        _ name: TargetName, _ id: AccessKeyID, _ pair: KeyPair?, _ user: ManagedUser, _ pushers: any PushService
    ) async -> PushResult {
        guard let pair, pair.id == id.rawValue else {
            return PushResult(.internal, message: "the sealed secret of \(id) is not in the journal")
        }
        guard let target = user.targetsByName[name] else {
            return PushResult(.invalidConfig, message: "\(name) is not in the configuration")
        }
        return await pushers.push(pair, to: target, timeout: user.policy.pushTimeout)
    }
}

extension Failure {
    init(_ error: AWSError) {
        let kind: Kind =
            switch error.code {
            case .denied, .unknownKey: .denied
            case .unreachable: .unreachable
            case .lost: .lost
            case .limitExceeded: .limitExceeded
            case .noSuchEntity: .noSuchUser
            case .refused: .refused
            }
        self.init(kind, error.description)
    }
}
