internal import CKeyturnPusher
internal import CLinux
internal import Enclosure
internal import Glibc
internal import Hardening
internal import RunnerProtocol

/// Shuts itself in, opens one pusher's library, and serves calls over the socket that it was started with.
///
/// `keyturn-runner PARENT`: the process ID of the host. The socket is descriptor 3, and the library, already checked and
/// sealed by the host, is descriptor 4. What the process may do comes as the first message.
@main
enum Runner {
    static let socket: Int32 = 3
    static let library: Int32 = 4

    static func main() {
        ProcessHardening.apply()
        guard CommandLine.arguments.count == 2, let parent = Int32(CommandLine.arguments[1]) else {
            print("keyturn-runner is started by keyturn; it is of no use by itself")
            exit(64)
        }
        Enclosure.dieWith(parent: parent)
        // For programs that a pusher may start.
        for descriptor in [socket, library] { _ = kt_close_on_exec(descriptor) }
        let channel = Channel(descriptor: socket)
        guard let frame = channel.readOne(), frame.kind == .confine, let wanted = try? Confine(payload: frame.payload)
        else { _exit(0) }
        do throws(LibraryError) {
            channel.send(.confined, message: Confined(parts: try confine(wanted)))
            let library = try load(wanted.library)
            channel.tellRefusals()
            channel.send(.loaded, message: library.description)
            Server(library: library, channel: channel).serve()
        } catch {
            channel.tellRefusals()
            channel.send(.refused, message: Refused(reason: error.description))
        }
        // Not exit(): the library's own destructors and atexit functions have nothing to say here.
        _exit(0)
    }

    private static func load(_ name: String) throws(LibraryError) -> Library {
        let loaded = PluginThread.run {
            Result { () throws(LibraryError) in try Library(descriptor: library, name: name) }
        }
        guard let loaded else { throw LibraryError(description: "there is no memory for the thread that loads it") }
        return try loaded.get()
    }

    private static func confine(_ wanted: Confine) throws(LibraryError) -> [String] {
        let grants = ProcessGrants(
            readable: wanted.readable, writable: wanted.writable, network: wanted.network, programs: wanted.programs)
        do throws(Enclosure.Failure) {
            return try Enclosure.enter(grants, without: Set(wanted.accepted.compactMap(Enclosure.Part.init)))
        } catch { throw LibraryError(description: error.description) }
    }
}
