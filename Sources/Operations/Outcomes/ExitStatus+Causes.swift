internal import AWS
internal import Configuration
internal import Engine
internal import Journal
internal import Rotation

/// What leads to which exit status: the one place that decides it.
extension ExitStatus {
    /// A configuration that others could change is not allowed; any other mistake is one of the configuration.
    init(_ error: ConfigurationError) { self = error.isUntrusted ? .notAllowed : .configuration }

    /// A state that cannot be used.
    init(_ code: JournalError.Code) {
        self =
            switch code {
            case .unavailable, .tooLarge: .failed
            case .unreachable: .unavailable
            case .denied: .notAllowed
            case .overtaken, .leased: .unfinished
            case .foreign, .corrupt, .newer, .wrongSealKey, .moved: .configuration
            }
    }

    /// A request that AWS did not do.
    init(_ error: AWSError) {
        self =
            switch error.code {
            case .denied, .ownKey, .unknownKey: .notAllowed
            case .unreachable, .lost: .unavailable
            case .limitExceeded, .noSuchEntity, .refused: .failed
            }
    }

    /// A seal key that KMS did not open: what is configured may be wrong, and waiting does not help.
    init(ofSealKey error: AWSError) {
        switch error.awsCode {
        case "InvalidCiphertextException", "IncorrectKeyException", "NotFoundException", "InvalidKeyUsageException":
            self = .configuration
        default: self = ExitStatus(error)
        }
    }

    /// What a pusher said about whether a push to a target would work.
    init(ofCheck outcome: PushResult.Outcome) {
        self =
            switch outcome {
            case .ok, .unchanged: .done
            case .unauthorized: .notAllowed
            case .retryable, .rateLimited, .timedOut, .cancelled, .unknown: .unavailable
            case .conflict, .unsupported, .internal, .notFound, .invalidConfig: .failed
            }
    }

    /// A user's rotation as it is now.
    init(_ rotation: Rotation) {
        switch rotation.problem?.code {
        case .denied, .ownKey: self = .notAllowed
        case .unreachable: self = .unavailable
        case .unaccountedKey, .currentKeyUnusable, .wrongIdentity, .creationFails, .noSuchUser, .refused,
            .drifted, .targetLeft, .rolledBack:
            self = .failed
        case .currentKeyGone, .targetRefuses, .targetUnreadable, .stillUsed: self = .unfinished
        case .notSpread, nil:
            switch rotation.phase {
            case .creating, .verifying, .delivering: self = .unfinished
            case .overlap where rotation.hasOpenDeliveries: self = .unfinished
            case .idle, .overlap, .soak, .deleting: self = .done
            }
        }
    }

    /// An order that was refused, or would be.
    init(_ refusal: OrderRefusal) { self = refusal.isTemporary ? .unfinished : .failed }

    /// The work on one user.
    ///
    /// - Parameter ordered: a problem that is what the operator ordered; nil: none is.
    init(_ outcome: UserOutcome, ordered: Problem.Code? = nil) {
        let refusals = outcome.refusals.map { ExitStatus($0) }
        // A leaked key that is not dead yet was not dealt with, whatever else there is to say.
        let isLeaking = outcome.rotation.map { !$0.leaks.isEmpty } ?? true
        if refusals.isEmpty, outcome.end == .rested, let ordered, outcome.rotation?.problem?.code == ordered,
            ordered == .rolledBack || !isLeaking
        {
            self = .done
            return
        }
        let end: ExitStatus =
            switch outcome.end {
            case .busy, .stopped: .unfinished
            case .journalFailed: .failed
            case .rested: outcome.rotation.map { ExitStatus($0) } ?? .failed
            }
        self = refusals.reduce(end) { $0.worse($1) }
    }

    /// What needs a person about a user as it is now: `status --exit-code`.
    init(attentionTo rotation: Rotation?, at now: Timestamp, policy: Policy) {
        guard let rotation else {
            self = .done
            return
        }
        let status: ExitStatus = rotation.trouble == nil ? .done : ExitStatus(rotation)
        let isFine =
            rotation.leftTargets.isEmpty && rotation.drifts.isEmpty && rotation.overAge(at: now, policy: policy) == nil
        self = isFine ? status : status.worse(.failed)
    }
}
