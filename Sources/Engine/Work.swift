internal import Rotation
internal import Secrets

/// Effects in progress for one user. Each ends in one happening, posted to the mailbox.
struct Work {
    private var tasks: [Task<Void, Never>] = []

    mutating func begin(
        _ effect: Effect, _ session: RotationSession, _ pushers: any PushService, _ mailbox: Mailbox
    ) {
        let (user, pair, tenure) = (session.user, session.pair, session.tenure)
        @Sendable func post(_ event: Event) { mailbox.post(EventWithKeyPair(event: event)) }
        let timeout = user.policy.pushTimeout
        switch effect {
        case .push(let target, let id):
            guard user.targets[target] != nil else {
                return post(
                    .pushed(target, id, PushResult(.invalidConfig, message: "\(target) is not in the configuration")))
            }
            guard let pair, pair.id == id else {
                return post(.pushed(target, id, PushResult(.internal, message: Self.lacksSecret(id))))
            }
            let isFinishing = session.rotation.deliveries[target]?.mayBeTorn ?? false
            pushers.push(
                pair, to: target, isFinishing: isFinishing, under: tenure, timeout: timeout
            ) { answer in
                switch answer {
                case .ended(let result): post(.pushed(target, id, result))
                case .notBegun: post(.notBegun(effect))
                }
            }
        case .inspect(let target):
            guard user.targets[target] != nil else {
                return post(.inspected(target, TargetInspection(.unsupported)))
            }
            pushers.inspect(target, timeout: timeout) { answer in
                switch answer {
                case .ended(.seen(let inspection)): post(.inspected(target, inspection))
                case .ended(.failed(let reason)): post(.notInspected(target, reason))
                case .notBegun: post(.notBegun(effect))
                }
            }
        case .check(let target):
            guard user.targets[target] != nil else { return post(.checked(target, nil)) }
            pushers.refusal(of: target, timeout: timeout) { answer in
                switch answer {
                case .ended(let refusal): post(.checked(target, refusal))
                case .notBegun: post(.notBegun(effect))
                }
            }
        default:
            tasks.append(Task { mailbox.post(await Self.ask(effect, user, pair, tenure)) })
            // Of AWS, one question is outstanding at a time; of former ones only the husks are kept.
            if tasks.count > 64 { tasks.removeFirst(32) }
        }
    }

    func cancel() { tasks.forEach { $0.cancel() } }

    /// Asks AWS.
    private static func ask(
        _ effect: Effect, _ user: ManagedUser, _ pair: KeyPair?, _ tenure: Tenure
    ) async -> EventWithKeyPair {
        do throws(Failure) {
            switch effect {
            case .listKeys:
                return EventWithKeyPair(event: .keysListed(try await user.keys.listAccessKeys(of: user.userName)))
            case .createKey:
                let made = try await user.keys.createAccessKey(of: user.userName, under: tenure)
                return EventWithKeyPair(event: .keyCreated(made.key), pair: made.pair)
            case .verifyKey(let id): return EventWithKeyPair(event: await verify(id, pair, user))
            case .lookUpLastUse(let id):
                return EventWithKeyPair(event: .lastUsed(id, try await user.keys.lastUse(of: id)))
            case .activateKey(let id):
                try await user.keys.setStatus(.active, of: id, of: user.userName, under: tenure)
                return EventWithKeyPair(event: .keyActivated(id))
            case .deactivateKey(let id):
                try await user.keys.setStatus(.inactive, of: id, of: user.userName, under: tenure)
                return EventWithKeyPair(event: .keyDeactivated(id))
            case .deleteKey(let id):
                try await user.keys.deleteAccessKey(id, of: user.userName, under: tenure)
                return EventWithKeyPair(event: .keyDeleted(id))
            case .push, .inspect, .check: preconditionFailure("the pushers are asked, not AWS")
            }
        } catch { return EventWithKeyPair(event: .failed(effect, error)) }
    }

    private static func lacksSecret(_ id: AccessKeyID) -> String { "the sealed secret of \(id) is not in the state" }

    private static func verify(_ id: AccessKeyID, _ pair: KeyPair?, _ user: ManagedUser) async -> Event {
        guard let pair, pair.id == id else {
            return .keyNotVerified(id, lacksSecret(id))
        }
        do throws(Failure) {
            switch try await user.keys.holder(of: pair, expecting: user.userName) {
            case .expected: return .keyVerified(id)
            case .another(let arn):
                return .keyOfAnother(
                    id,
                    "STS says that the new key \(id) is \(arn), not the user \(user.userName). It was pushed nowhere.")
            }
        } catch { return .keyNotVerified(id, error.message) }
    }
}
