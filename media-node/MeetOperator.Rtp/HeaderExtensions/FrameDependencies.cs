namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>The place of one frame in its stream, as its dependency descriptor tells it.</summary>
public readonly record struct FrameDependencies
{
    /// <summary>The largest distance in <see cref="DependsOn"/>.</summary>
    public const int MaxDistance = 64;

    public byte Spatial { get; init; }

    public byte Temporal { get; init; }

    /// <summary>The decode targets that contain the frame.</summary>
    public LayerTargets Targets { get; init; }

    /// <summary>The decode targets that can be decoded from this frame on, if the frame itself can.</summary>
    public LayerTargets Switches { get; init; }

    /// <summary>The frames that this frame needs: bit <c>n − 1</c> stands for the frame whose number is lower by <c>n</c>.</summary>
    public ulong DependsOn { get; init; }

    /// <summary>Whether the frame also needs frames that are farther away than <see cref="MaxDistance"/>.</summary>
    public bool DependsOnOlder { get; init; }
}
