/// How long the rest takes, if it goes on as it went.
enum FanOutPace {
    /// - Returns: nil while too little was done to know.
    static func left(_ done: Int, of all: Int, in passed: Duration) -> Duration? {
        guard done >= 5, passed >= .seconds(2), all > done else { return nil }
        return passed * (all - done) / done
    }
}
