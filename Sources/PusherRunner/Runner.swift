internal import CKeyturnPusher
internal import Glibc
internal import RunnerProtocol

/// Shuts itself in, opens one pusher's library, and serves calls over the socket that it was started with.
///
/// `keyturn-runner LIBRARY PARENT`: the library's path, and the process ID of the host. The socket is descriptor 3.
@main
enum Runner {
    static let socket: Int32 = 3

    static func main() {
        guard CommandLine.arguments.count == 3, let parent = Int32(CommandLine.arguments[2]) else {
            print("keyturn-runner is started by keyturn; it is of no use by itself")
            exit(64)
        }
        Enclosure.enter(parent: parent)
        let channel = Channel(descriptor: socket)
        do {
            let library = try Library(path: CommandLine.arguments[1])
            channel.send(.loaded, message: library.description)
            Server(library: library, channel: channel).serve()
        } catch {
            channel.send(.refused, message: Refused(reason: error.description))
        }
        // Not exit(): the library's own destructors and atexit functions have nothing to say here.
        _exit(0)
    }
}
