namespace MeetOperator.Fuzz.Tests;

/// <summary>What a target does with one input. It must not throw, whatever the bytes are.</summary>
internal delegate void FuzzTarget(ReadOnlySpan<byte> input);
