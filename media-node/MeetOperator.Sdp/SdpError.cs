namespace MeetOperator.Sdp;

/// <summary>Why a session description was refused. <see cref="Line"/> counts from 1; 0 means the whole text.</summary>
public sealed record SdpError(int Line, string Message)
{
    public override string ToString() => Line > 0 ? $"SDP line {Line}: {Message}" : $"SDP: {Message}";
}
