namespace MeetOperator.Sdp;

/// <summary>The reason for the rejection of a session description. <see cref="Line"/> starts at 1; 0 means the whole description.</summary>
public sealed record SdpError(int Line, string Message)
{
    public override string ToString() => Line > 0 ? $"SDP line {Line}: {Message}" : $"SDP: {Message}";
}
