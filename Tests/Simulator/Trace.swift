/// The lines of one world, when they are asked for.
final class Trace {
    var lines: [String] = []
}
