/// Asks a source of this machine again where it failed once: tokens and metadata services have moments in which they refuse
/// what they give a second later, and one of those is not an alarm.
enum RepeatedSource {
    /// Tries in all, a second apart.
    static let tries = 3

    /// - Parameter isDefinite: whether an error is one that a second does not change.
    static func credentials(
        _ ask: () async throws(AWSError) -> Credentials?, isDefinite: (AWSError) -> Bool = { _ in false }
    ) async throws(AWSError) -> Credentials? {
        var attempt = 1
        while true {
            do throws(AWSError) { return try await ask() } catch {
                guard attempt < tries, !isDefinite(error) else { throw error }
                do { try await Task.sleep(for: .seconds(1)) } catch {
                    throw AWSError(.unreachable, "stopped while waiting")
                }
            }
            attempt += 1
        }
    }
}
