import CLinux
import Glibc

// ptrace(2).
extension Linux {
    package func seize(_ tid: pid_t, options: UInt32) -> Int32 {
        cl_count_calls(1)
        return cl_ptrace_seize(tid, options)
    }

    package func interrupt(_ tid: pid_t) -> Int32 {
        cl_count_calls(1)
        return cl_ptrace_interrupt(tid)
    }

    package func resume(_ tid: pid_t, signal: Int32) -> Int32 {
        cl_count_calls(1)
        return cl_ptrace_cont(tid, signal)
    }

    package func listen(_ tid: pid_t) -> Int32 {
        cl_count_calls(1)
        return cl_ptrace_listen(tid)
    }

    package func setTraceOptions(_ tid: pid_t, _ options: UInt32) -> Int32 {
        cl_count_calls(1)
        return cl_ptrace_set_options(tid, options)
    }

    package func detach(_ tid: pid_t, signal: Int32) -> Int32 {
        cl_count_calls(1)
        return cl_ptrace_detach(tid, signal)
    }

    package func eventMessage(of tid: pid_t) -> UInt? {
        var message: UInt = 0
        cl_count_calls(1)
        return cl_ptrace_event_message(tid, &message) == 0 ? message : nil
    }

    package func peekUser(_ tid: pid_t, offset: Int, word: inout Int) -> Int32 {
        cl_count_calls(1)
        return cl_ptrace_peek_user(tid, offset, &word)
    }

    package func pokeUser(_ tid: pid_t, offset: Int, word: Int) -> Int32 {
        cl_count_calls(1)
        return cl_ptrace_poke_user(tid, offset, word)
    }

    package func readRegisters(of tid: pid_t, set: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int32 {
        cl_count_calls(1)
        return cl_ptrace_registers(tid, set, buffer.baseAddress, buffer.count)
    }
}
