internal import Rotation
internal import Secrets

/// Keeps a source's credentials, and gets new ones before they end: one refresh at a time, however many calls ask.
actor RefreshingCredentials: CredentialSource {
    /// New ones are got so long before the old ones end.
    static let window: Duration = .seconds(300)
    /// Credentials without an end, such as a profile's key, are read again after so long: someone may have replaced them.
    static let longestKept: Duration = .seconds(300)
    /// Between two refreshes that fail while the old ones still hold, and between two at all.
    static let pause: Duration = .seconds(60)

    /// What people call the source.
    nonisolated var name: String { source.name }

    private let source: any CredentialSource
    private let now: @Sendable () -> Timestamp
    private let warn: @Sendable (String) -> Void
    private let ended: @Sendable () -> Void
    private var kept: Credentials?
    private var refreshAt = Timestamp(milliseconds: 0)
    private var refresh: Task<Result<Credentials?, AWSError>, Never>?

    /// - Parameters:
    ///   - warn: takes a sentence when a refresh fails, and the credentials that are there go on being used.
    ///   - ended: is called when AWS does not take the credentials any more, and the source has no others.
    init(
        _ source: any CredentialSource, now: @escaping @Sendable () -> Timestamp,
        warn: @escaping @Sendable (String) -> Void, ended: @escaping @Sendable () -> Void = {}
    ) {
        self.source = source
        self.now = now
        self.warn = warn
        self.ended = ended
    }

    /// Credentials that have not ended; nil: the source has none.
    func credentials() async throws(AWSError) -> Credentials? {
        let moment = now()
        guard let kept, moment < refreshAt else { return try await refreshed() }
        return kept
    }

    /// Others than those. Who comes with what was replaced meanwhile gets what replaced it.
    func credentials(insteadOf refused: Credentials) async throws(AWSError) -> Credentials? {
        if let kept, !kept.isSame(as: refused) { return try await credentials() }
        // Whatever they promised: they are not taken.
        kept = nil
        let others = try await refreshed()
        if others?.isSame(as: refused) ?? true { ended() }
        return others
    }

    private func refreshed() async throws(AWSError) -> Credentials? {
        if let refresh { return try await refresh.value.get() }
        let task = Task { await ask() }
        refresh = task
        return try await task.value.get()
    }

    private func ask() async -> Result<Credentials?, AWSError> {
        let result: Result<Credentials?, AWSError>
        do throws(AWSError) { result = .success(try await source.credentials()) } catch { result = .failure(error) }
        // Before anybody else can come: whoever asks now asks again.
        refresh = nil
        let moment = now()
        switch result {
        case .success(let found):
            kept = found
            let expiry = found?.expiry ?? moment + Self.longestKept + Self.window
            // Those that begin near their end are used to it.
            refreshAt = min(max(expiry - Self.window, moment + Self.pause), expiry)
            return result
        case .failure(let error):
            guard let kept, let expiry = kept.expiry, moment < expiry else { return result }
            refreshAt = min(moment + Self.pause, expiry)
            warn(
                "\(error.description). Those that are there hold for \((expiry - moment).components.seconds) s more, and go on being used"
            )
            return .success(kept)
        }
    }
}

extension Credentials {
    func isSame(as other: Credentials) -> Bool { pair.id == other.pair.id && sessionToken == other.sessionToken }
}
