using System.Runtime.CompilerServices;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.Sfu.Forwarding;

/// <summary>
/// Decides which frames of one stream a receiver gets, so that it can decode all of them. All packets of a frame have the same fate, also when they arrive late. Fewer
/// temporal layers are sent at once; more of them, and another spatial layer, from a frame on that is a point to switch and needs only frames that were sent.
/// </summary>
internal struct FrameSelector
{
    /// <summary>The number of frames whose fate is remembered.</summary>
    private const int Window = 64;

    /// <summary>The frames within which a lower spatial layer usually has a point to switch, if its frames were sent for the sake of the higher one.</summary>
    private const int PatientFrames = 16;

    /// <summary>Numbers that fall back by more than this belong to a restarted encoder.</summary>
    private const int RestartFrames = 512;
    private bool _isStarted;
    private long _newest;
    private ulong _decided;
    private ulong _sent;
    private Targets _targets;
    private long? _waitingSince;

    /// <summary>The newest frame that was sent without knowledge of its layers, because the start of its key frame had not arrived yet.</summary>
    private long _newestUnknown;

    /// <summary>The target that the receiver gets now.</summary>
    public byte Current { get; private set; }

    /// <summary>Whether another spatial layer is wanted for which a key frame is needed.</summary>
    public bool NeedsKeyFrame { get; private set; }

    /// <summary>The target that the receiver got at a frame.</summary>
    public readonly byte TargetAt(long frame) => _newest - frame is >= 0 and < Window ? _targets[(int)(frame & (Window - 1))] : Current;

    /// <summary>Whether a packet is sent.</summary>
    /// <param name="frame">The frame of the packet.</param>
    /// <param name="wanted">The target that the receiver should get, or more than there is. The publisher may send only lower ones.</param>
    public bool Takes(in FrameLayers frame, byte wanted)
    {
        if (frame.Number is not { } number || (!_isStarted && !frame.IsKnown))
        {
            return true;
        }

        if (frame.IsKnown && (!_isStarted || _newest - number > RestartFrames))
        {
            Start(number, frame.Available.BestUpTo(wanted));
        }

        var age = _newest - number;
        if (age >= 0)
        {
            return TakesLate(frame, number, age);
        }

        Advance(number, (int)Math.Min(-age, Window));
        if (frame.IsKnown)
        {
            Switch(frame, number, wanted);
            _targets[(int)(number & (Window - 1))] = Current;
        }

        _newestUnknown = frame.IsKnown ? _newestUnknown : number;
        var isTaken = !frame.IsKnown || frame.Dependencies.Targets.Contains(Current);
        Remember(0, isTaken);
        return isTaken;
    }

    private void Start(long number, byte target)
    {
        (_isStarted, _newest, Current) = (true, number - 1, target);
        (_decided, _sent, _waitingSince, _newestUnknown) = (ulong.MaxValue, 0, null, long.MinValue);
    }

    /// <summary>Moves the window to a new frame. Those that were skipped may arrive later, and belong to the target of now.</summary>
    private void Advance(long number, int frames)
    {
        (_decided, _sent) = frames < Window ? (_decided << frames, _sent << frames) : (0, 0);
        _newest = number;
        for (; frames > 0; frames--)
        {
            _targets[(int)((number - frames + 1) & (Window - 1))] = Current;
        }
    }

    private bool TakesLate(in FrameLayers frame, long number, long age)
    {
        if (age < Window && (_decided >> (int)age & 1) != 0)
        {
            return (_sent >> (int)age & 1) != 0;
        }

        var isTaken = !frame.IsKnown || frame.Dependencies.Targets.Contains(TargetAt(number)) || (number < _newestUnknown && CanDecode(frame, age));
        if (age < Window)
        {
            Remember(age, isTaken);
        }

        return isTaken;
    }

    /// <summary>Whether no frame was left out that a late one needs. Frames that were sent without knowledge of their layers may need such a frame.</summary>
    private readonly bool CanDecode(in FrameLayers frame, long age) =>
        age >= Window - 1 || (frame.Dependencies.DependsOn << (int)(age + 1) & _decided & ~_sent) == 0;

    /// <summary>Changes the target with a frame, as far as the frame allows it.</summary>
    private void Switch(in FrameLayers frame, long number, byte wanted)
    {
        var best = frame.Available.BestUpTo(wanted);
        NeedsKeyFrame = false;
        if (best == Current)
        {
            _waitingSince = null;
            return;
        }

        var spatial = LayerTargets.SpatialOf(best);
        if (spatial == LayerTargets.SpatialOf(Current) && best < Current)
        {
            Current = best;
        }
        else if (TryFindSwitch(frame, best, out var target))
        {
            Current = target;
        }

        if (spatial == LayerTargets.SpatialOf(Current))
        {
            _waitingSince = null;
            return;
        }

        _waitingSince ??= number;
        NeedsKeyFrame = LayerTargets.SpatialOf(Current) < spatial || number - _waitingSince > PatientFrames;
        ReduceRate(frame, best);
    }

    /// <summary>Finds a target with the wanted spatial layer that is better than the current one, if the frame is a point to switch to it, and needs only frames that were sent.</summary>
    private readonly bool TryFindSwitch(in FrameLayers frame, byte best, out byte target)
    {
        target = Current;
        var needed = frame.Dependencies.DependsOn;
        var candidates = frame.Dependencies.Switches.And(frame.Available).And(LayerTargets.UpTo(best));

        // The frame itself has bit 0 already, and a frame at distance n has bit n.
        var sentBefore = _sent >> 1;
        if (candidates.IsEmpty || frame.Dependencies.DependsOnOlder || (needed & ~sentBefore) != 0)
        {
            return false;
        }

        target = candidates.BestUpTo(best);
        return LayerTargets.SpatialOf(target) == LayerTargets.SpatialOf(best) && (target > Current || !LayerTargets.UpTo(best).Contains(Current));
    }

    /// <summary>While a lower spatial layer is awaited, the present one gets as few frames as possible.</summary>
    private void ReduceRate(in FrameLayers frame, byte best)
    {
        if (best < Current && LayerTargets.Of(LayerTargets.SpatialOf(Current), 0) is var lowest && lowest < Current && frame.Available.Contains(lowest))
        {
            Current = lowest;
        }
    }

    private void Remember(long age, bool isSent)
    {
        var bit = 1UL << (int)age;
        _decided |= bit;
        _sent = isSent ? _sent | bit : _sent & ~bit;
    }

    /// <summary>The target at each frame of the window, by the lowest bits of its number.</summary>
    [InlineArray(Window)]
    private struct Targets
    {
        private byte _first;
    }
}
