namespace MeetOperator.MediaNode.Rooms;

/// <summary>How many participants have a place on a part of a room. <see cref="RoomShare"/> changes the counts in its lock; any thread may read them.</summary>
internal sealed class PartPlaces
{
    private int _present;
    private int _counted;
    private int _recent;
    private long _lastTicks;

    /// <summary>Participants that are there.</summary>
    public int Present => Volatile.Read(ref _present);

    /// <summary>Participants that are there, and those that have left or got their place within the last seconds.</summary>
    public int Counted => Volatile.Read(ref _counted);

    /// <summary>The part of <see cref="Counted"/> that came, left or got a place within the last seconds, so that the load of the loop may not show it yet.</summary>
    public int Recent => Volatile.Read(ref _recent);

    /// <summary>When a place on the part last changed.</summary>
    public long LastTicks => Volatile.Read(ref _lastTicks);

    /// <summary>Counts a place, or a change of one.</summary>
    /// <param name="change">1 when there is one more such place, -1 when there is one less.</param>
    /// <param name="isPresent">Whether the participant is there.</param>
    /// <param name="isRecent">Whether the place has changed within the last seconds.</param>
    /// <param name="ticks">When it changed.</param>
    public void Count(int change, bool isPresent, bool isRecent, long ticks)
    {
        Volatile.Write(ref _lastTicks, Math.Max(_lastTicks, ticks));
        Volatile.Write(ref _present, _present + (isPresent ? change : 0));
        Volatile.Write(ref _counted, _counted + (isPresent || isRecent ? change : 0));
        Volatile.Write(ref _recent, _recent + (isRecent ? change : 0));
    }
}
