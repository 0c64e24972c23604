// swift-tools-version: 6.0
import PackageDescription

/// One module per memory layout of CPython; adding a name here, a folder under Sources/Decoders
/// and a line in Sources/StandardDecoders/StandardDecoders.swift is all that SwiftPM needs to know of a new decoder.
let decoders = ["Py26", "Py34", "Py36", "Py311", "Py313"]

/// Scripts and styles of the pages that pyflame writes; compiled into the program.
let pages = [
    "shared/data.js", "shared/search.js", "shared/text.js", "shared/scene.js", "shared/palette.css",
    "svg/frames.js", "svg/controls.js", "svg/picture.js", "svg/picture.css",
    "report/samples.js", "report/totals.js", "report/dom.js", "report/flame.js", "report/timeline.js",
    "report/tables.js", "report/source.js", "report/report.js", "report/report.css",
]

/// What decoders and their users share, and what surrounds them.
let libraries: [Target] = [
    .target(name: "CLinux"),
    .systemLibrary(
        name: "CElfutils", pkgConfig: "libdw",
        providers: [.apt(["libdw-dev", "libelf-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "System", dependencies: ["CLinux"]),
    .target(name: "Machine", dependencies: ["System"]),
    .target(name: "TargetMemory", dependencies: ["System"]),
    .target(name: "FrameDecoding", dependencies: ["TargetMemory"]),
    .target(name: "Probe", dependencies: ["FrameDecoding", "TargetMemory", "CElfutils", "Machine", "System"]),
    .target(
        name: "Sampler", dependencies: ["FrameDecoding", "Machine", "System", "TargetMemory"]),
    .target(name: "Live", dependencies: ["FrameDecoding", "System"]),
    .target(name: "Recording", dependencies: ["FrameDecoding", "TargetMemory", "CZlib"]),
    .target(name: "Pages", resources: pages.map { .embedInCode($0) }),
    // How bytes get into files: atomic replacement, gzip, JSON, protobuf.
    .target(name: "Output", dependencies: ["FrameDecoding", "CZlib"]),
    // What is known of a run: call trees, logs of samples, profiles read back and compared.
    .target(name: "Profiles", dependencies: ["FrameDecoding", "Output"]),
    // One file per output format.
    .target(name: "Formats", dependencies: ["FrameDecoding", "Output", "Pages", "Profiles"]),
]

let decoderModules: [Target] = decoders.map {
    .target(name: $0, dependencies: ["FrameDecoding"], path: "Sources/Decoders/\($0)")
}

let decoderDependencies: [Target.Dependency] = decoders.map { .target(name: $0) }

let program: [Target] = [
    .target(name: "StandardDecoders", dependencies: ["FrameDecoding"] + decoderDependencies),
    // From a PID to something that can be sampled.
    .target(name: "Attach", dependencies: ["Probe", "Sampler", "FrameDecoding", "System", "TargetMemory"]),
    // What the program is: options, runs, exit status.
    .target(
        name: "Host",
        dependencies: [
            "Attach", "Probe", "Sampler", "Formats", "Output", "Profiles", "Live", "Recording", "FrameDecoding",
            "System", "TargetMemory",
        ]),
    .executableTarget(name: "pyflame", dependencies: ["Host", "StandardDecoders"]),
]

let tests: [Target] = [
    // What several test targets share.
    .target(
        name: "TestSupport", dependencies: ["FrameDecoding", "System", "TargetMemory"], path: "Tests/TestSupport"),
    // Rules of this tree that no compiler checks.
    .testTarget(name: "HouseTests", dependencies: ["TestSupport"]),
    // Who may talk to the kernel.
    .testTarget(name: "SystemTests", dependencies: ["Machine", "System", "TestSupport"]),
    .testTarget(name: "TargetMemoryTests", dependencies: ["TargetMemory", "TestSupport"]),
    .testTarget(
        name: "FrameDecodingTests", dependencies: ["FrameDecoding", "TargetMemory", "TestSupport"]),
    .testTarget(
        name: "SamplerTests", dependencies: ["Sampler", "FrameDecoding", "System", "TargetMemory", "TestSupport"]),
    .testTarget(
        name: "DecoderTests",
        dependencies: ["StandardDecoders", "Probe", "FrameDecoding", "TargetMemory", "TestSupport"]
            + decoderDependencies),
    .testTarget(
        name: "RecordingTests",
        dependencies: ["pyflame", "Recording", "FrameDecoding", "TargetMemory", "TestSupport"]),
    // What every decoder has to pass, on the recorded targets in fixtures/snapshots.
    .testTarget(
        name: "ConformanceTests",
        dependencies: ["pyflame", "StandardDecoders", "Recording", "FrameDecoding", "TargetMemory", "TestSupport"]),
    .testTarget(
        name: "ProbeTests", dependencies: ["Probe", "Machine", "FrameDecoding", "TargetMemory", "TestSupport"]),
    .testTarget(name: "OutputTests", dependencies: ["FrameDecoding", "Output"]),
    .testTarget(name: "ProfilesTests", dependencies: ["Formats", "FrameDecoding", "Output", "Profiles", "TestSupport"]),
    .testTarget(
        name: "FormatsTests",
        dependencies: ["Formats", "FrameDecoding", "Output", "Pages", "Profiles", "TestSupport"]),
    // Pictures and pages, in a real browser.
    .testTarget(name: "BrowserTests", dependencies: ["pyflame", "Formats", "FrameDecoding", "TestSupport"]),
    // What is written, opened by the tools that it is for.
    .testTarget(name: "ReaderTests", dependencies: ["pyflame", "TestSupport"]),
    .testTarget(name: "LiveTests", dependencies: ["Live", "FrameDecoding"]),
    .testTarget(name: "OptionsTests", dependencies: ["Host", "Formats", "Live", "StandardDecoders", "FrameDecoding", "TestSupport"]),
    // Runs the program itself, against real interpreters.
    .testTarget(
        name: "EndToEndTests",
        dependencies: [
            "pyflame", "StandardDecoders", "Probe", "FrameDecoding", "System", "TargetMemory", "TestSupport",
        ]
            + decoderDependencies),
    // What is promised of targets, hostile ones as well.
    .testTarget(
        name: "SafetyTests",
        dependencies: [
            "pyflame", "Host", "StandardDecoders", "Attach", "Probe", "Profiles", "Recording", "Sampler", "FrameDecoding",
            "TargetMemory", "FuzzTargets", "TestSupport",
        ] + decoderDependencies),
    // What reads strangers' bytes, as functions of bytes.
    .target(
        name: "FuzzTargets",
        dependencies: ["Probe", "Formats", "Profiles", "Recording", "FrameDecoding", "System", "TargetMemory"],
        path: "Fuzz/Targets"),
    // Python where it is not called python.
    .testTarget(name: "EmbeddingTests", dependencies: ["pyflame", "TestSupport"]),
    // `--subprocesses`: real process trees.
    .testTarget(name: "ProcessTreeTests", dependencies: ["pyflame", "TestSupport"]),
    // `-t`, and what a terminal shows.
    .testTarget(name: "TraceTests", dependencies: ["pyflame", "Host", "Sampler", "TestSupport"]),
]

/// libFuzzer's program, where scripts/fuzz asks for it: it has no main of its own.
let fuzzer: [Target] = Context.environment["PYFLAME_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "pyflame-fuzz", dependencies: ["FuzzTargets", "Host", "StandardDecoders"],
            path: "Fuzz/Driver")
    ]

let package = Package(
    name: "pyflame",
    products: [
        .executable(name: "pyflame", targets: ["pyflame"])
    ],
    targets: libraries + decoderModules + program + tests + fuzzer,
    swiftLanguageModes: [.v6]
)
