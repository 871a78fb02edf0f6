/// Memory for the answers that one client is receiving. Only the client's thread touches it.
///
/// A service that answers everything with the largest body that is allowed would otherwise fill the process's memory with as
/// many as there are connections.
final class ResponseRoom {
    /// The first bytes of each answer, which need no room.
    static let ownBytes = 64 << 10

    private var left: Int

    /// - Parameter bytes: for all answers together, beyond ``ownBytes`` of each.
    init(_ bytes: Int) { left = bytes }

    /// - Returns: false where there is not that much room.
    func take(_ bytes: Int) -> Bool {
        guard bytes <= left else { return false }
        left -= max(0, bytes)
        return true
    }

    func give(_ bytes: Int) { left += bytes }
}
