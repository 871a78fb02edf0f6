internal import Engine
internal import Journal
internal import Rotation
internal import Secrets

/// One process of keyturn at work on the user: the real session, and its effects on their way.
struct SimulatedProcess {
    var session: RotationSession
    let owner: LeaseOwner
    /// Effects that have no answer yet.
    var flights: [Flight] = []
    /// Answers that the session has not seen.
    var happenings: [EventWithKeyPair] = []
    /// It is stopped, and does not know.
    var isPaused = false
    /// Of which moment the last listing was that it has seen.
    var sawKeysOf = Timestamp(milliseconds: 0)
    /// Whether it has seen for itself that the new key is there, by STS or by a listing.
    var hasSeenSuccessor = false
}

/// One effect on its way.
struct Flight {
    let effect: Effect
    /// The pair that goes with it.
    let pair: KeyPair?
    /// What its process knew when it began.
    let sawKeysOf: Timestamp
    /// Whether its process has seen for itself that the new key is there.
    let hasSeenSuccessor: Bool
    /// Whether an operator has ordered that this key be dead, whoever holds it.
    let isOrdered: Bool
    /// Whether the current key has leaked, so that it may be dead already by an operator's hand; or the key is the next one.
    let isRevoked: Bool
    /// Whether its key was made by a call whose answer was lost, so that no one can be using it.
    let isOrphan: Bool
    /// Whether some key has leaked.
    let hasLeak: Bool
    /// Whether an operator has ordered that the old key go whatever cannot be asked.
    let isRetired: Bool
    /// The targets that its process knows, without those that an operator has left out.
    let watched: Set<TargetName>
    /// Those that have confirmed: of the others no time of writing is known that a later one could be compared with.
    let delivered: Set<TargetName>
    /// Once it has been carried out: what is answered; nil within: no answer.
    var answer: EventWithKeyPair??
}

/// A call that reaches its service although no one waits for it any more.
struct Stray {
    let at: Timestamp
    let flight: Flight
    /// How often the machine's clock had been set forward.
    let clockLeaps: Int
}

/// The simulator carries effects out itself: nothing calls this.
struct NoService: AccessKeyService {
    private static let error = Failure(.unreachable, "there is no AWS here")

    func listAccessKeys(of user: String) async throws(Failure) -> [AccessKey] { throw Self.error }
    func createAccessKey(of user: String, under tenure: Tenure) async throws(Failure) -> (key: AccessKey, pair: KeyPair)
    {
        throw Self.error
    }
    func setStatus(
        _ status: AccessKey.Status, of id: AccessKeyID, of user: String, under tenure: Tenure
    ) async throws(Failure) {
        throw Self.error
    }
    func deleteAccessKey(_ id: AccessKeyID, of user: String, under tenure: Tenure) async throws(Failure) {
        throw Self.error
    }
    func lastUse(of id: AccessKeyID) async throws(Failure) -> LastUse? { throw Self.error }
    func holder(of pair: KeyPair, expecting user: String) async throws(Failure) -> KeyHolder { throw Self.error }
}
