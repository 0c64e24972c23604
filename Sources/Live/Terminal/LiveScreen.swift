import Glibc
import System

/// The thread that shows a model on a terminal and hears the keys.
public final class LiveScreen: @unchecked Sendable {
    /// What the rest of the program does for it; called on the screen's thread.
    public struct Handlers: Sendable {
        /// The user wants to leave.
        public var quit: @Sendable () -> Void
        /// Ctrl-C.
        public var interrupt: @Sendable () -> Void
        /// Writes a flame graph; what to tell of it.
        public var save: @Sendable (CountedThreads) -> String

        public init(
            quit: @escaping @Sendable () -> Void, interrupt: @escaping @Sendable () -> Void,
            save: @escaping @Sendable (CountedThreads) -> String
        ) {
            self.quit = quit
            self.interrupt = interrupt
            self.save = save
        }
    }

    private let terminal: Terminal
    private let model: LiveModel
    private let text: LiveText
    private let handlers: Handlers
    private var view: LiveView
    private var thread = pthread_t()
    private var isRunning = false
    private let lock = Lock()
    private var isEnding = false

    /// Milliseconds between two pictures. Drawing one takes one or two.
    private static let period: Int32 = 500
    /// As long as a sequence of a key may take to come, over a slow line.
    private static let escapeTime: Int32 = 50

    public init(
        terminal: Terminal, model: LiveModel, view: LiveView, text: LiveText, handlers: Handlers
    ) {
        self.terminal = terminal
        self.model = model
        self.view = view
        self.text = text
        self.handlers = handlers
    }

    /// False when there is no thread to be had.
    public func start() -> Bool {
        terminal.start()
        let work = Unmanaged.passRetained(self)
        TerminalGuard.hearResizes()
        let result = pthread_create(
            &thread, nil,
            {
                Unmanaged<LiveScreen>.fromOpaque($0!).takeRetainedValue().run()
                return nil
            }, work.toOpaque())
        isRunning = result == 0
        if !isRunning {
            work.release()
            terminal.restore()
        }
        return isRunning
    }

    /// Leaves the screen; returns when the terminal is as it was.
    public func stop() {
        lock.locked { isEnding = true }
        guard isRunning else { return }
        isRunning = false
        pthread_join(thread, nil)
        terminal.restore()
    }

    private func run() {
        // Whoever leaves has the terminal back at once, even if there is still something to be done.
        defer { terminal.restore() }
        var keys = KeyParser()
        var size = terminal.size
        var picture = model.picture(ofWindow: view.isWindow, folding: view.folding, counting: view.counting)
        var page = 1
        var nextPicture = now()
        while !lock.locked({ isEnding }) {
            if !view.isPaused, now() >= nextPicture {
                picture = taken()
                nextPicture = now() + UInt64(Self.period)
            }
            let new = terminal.size
            let screen = text.screen(picture, view, columns: new.columns, rows: new.rows)
            terminal.show(screen.lines, anew: new != size)
            (size, page) = (new, screen.page)
            view.offset = screen.offset

            let wait = keys.isWaiting ? Self.escapeTime : Int32(min(max(nextPicture, now()) - now(), 500))
            guard let bytes = terminal.read(timeout: view.isPaused && !keys.isWaiting ? Self.period : max(wait, 1))
            else {
                handlers.quit()
                return
            }
            for key in bytes.isEmpty && keys.isWaiting ? keys.flush() : keys.parse(bytes) {
                let before = view
                switch view.press(key, page: page) {
                case .quit?:
                    handlers.quit()
                    return
                case .interrupt?: handlers.interrupt()
                case .save?: view.message = handlers.save(view.counting)
                case .reset?:
                    model.reset()
                    view.message = "counting starts anew"
                    picture = taken()
                case nil:
                    // Another view of the same moment can be had at once.
                    if before.folding != view.folding || before.counting != view.counting
                        || before.isWindow != view.isWindow
                    {
                        picture = taken()
                    }
                }
            }
        }
    }

    private func taken() -> LivePicture {
        model.picture(ofWindow: view.isWindow, folding: view.folding, counting: view.counting)
    }

    /// Milliseconds on the monotonic clock.
    private func now() -> UInt64 {
        monotonicNow() / 1_000_000
    }
}
