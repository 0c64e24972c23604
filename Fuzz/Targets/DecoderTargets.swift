import FrameDecoding
import TargetMemory

@testable import Recording

/// Stacks: every decoder, on damaged copies of the project's recordings. The first byte chooses a recording.
func decoderTarget(_ decoders: [DecoderModule]) -> FuzzTarget {
    target("decoders", DamagedRecording.files(in: "snapshots", or: "PYFLAME_SNAPSHOTS")) { reading in
        guard let decoder = reading.decoder(decoders) else { return }
        reading.readStack(decoder)
        reading.damageMore()
        // Another sample, in which what the decoder kept of the first may not be so any more.
        reading.memory.refresh()
        reading.readStack(decoder)
    }
}

/// Objects: names of threads and variables, on damaged copies of recordings that have them.
func objectTarget(_ decoders: [DecoderModule]) -> FuzzTarget {
    target("objects", DamagedRecording.files(in: "objects", or: "PYFLAME_OBJECTS")) { reading in
        reading.damageMore()
        guard let decoder = reading.decoder(decoders), let program = decoder.program else { return }
        _ = try? program.threadNames(in: reading.memory)
        guard let threads = try? decoder.threads(in: reading.memory), reading.thread < threads.count,
            let places = try? decoder.places(of: threads[reading.thread], in: reading.memory)
        else { return }
        _ = program.variables(of: Array(places.prefix(8)), in: reading.memory)
    }
}

private func target(
    _ name: String, _ files: [String], _ body: @escaping (DamagedRecording.Reading) -> Void
) -> FuzzTarget {
    // Each is unpacked when it is first chosen.
    var subjects: [Int: DamagedRecording] = [:]
    return FuzzTarget(name: name) { bytes in
        guard let first = bytes.first, !files.isEmpty else { return }
        let index = Int(first) % files.count
        if subjects[index] == nil { subjects[index] = DamagedRecording(files[index], reading: body) }
        subjects[index]?.read(bytes.dropFirst())
    }
}

extension DamagedRecording.Reading {
    fileprivate func decoder(_ modules: [DecoderModule]) -> (any FrameDecoder)? {
        try? Replay.decoder(of: recording, modules: modules, memory: memory, frames: FrameTable())
    }

    fileprivate func readStack(_ decoder: any FrameDecoder) {
        _ = try? decoder.lockState(in: memory)
        guard let threads = try? decoder.threads(in: memory), !threads.isEmpty else { return }
        var stack: [FrameID] = []
        try? decoder.stack(of: threads[thread % threads.count], in: memory, into: &stack)
    }
}
