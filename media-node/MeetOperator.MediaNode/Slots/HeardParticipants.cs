namespace MeetOperator.MediaNode.Slots;

/// <summary>The participants whose microphones are forwarded to slots: the loudest, and those that do not tell how loud they are. Immutable.</summary>
/// <param name="loudest">The loudest participants, <see cref="Count"/> + 1 of them: nobody hears the own microphone, and the next one takes that place.</param>
/// <param name="unmeasured">Up to <see cref="MaxUnmeasured"/> participants whose microphone has no audio levels (RFC 6464), so that nobody knows when they speak.</param>
internal sealed class HeardParticipants(IReadOnlyList<string> loudest, IReadOnlyList<string> unmeasured)
{
    /// <summary>The number of loudest participants that a subscriber hears.</summary>
    public const int Count = 3;

    /// <summary>
    /// The number of microphones without audio levels that are forwarded: those that were opened first, until one is muted or ends. Taking turns would cut sentences, because nobody knows when
    /// such a participant speaks.
    /// </summary>
    public const int MaxUnmeasured = 8;

    public static HeardParticipants None { get; } = new([], []);

    public IReadOnlyList<string> Loudest => loudest;

    public IReadOnlyList<string> Unmeasured => unmeasured;

    /// <summary>The participants that <paramref name="self"/> hears.</summary>
    public IEnumerable<string> For(string self) => loudest.Where(id => id != self).Take(Count).Concat(unmeasured.Where(id => id != self));

    /// <summary>Whether <paramref name="self"/> hears the same participants, in the same order.</summary>
    public bool IsSameFor(string self, HeardParticipants other) => ReferenceEquals(this, other) || For(self).SequenceEqual(other.For(self), StringComparer.Ordinal);

    public bool Contains(string self, string participant)
    {
        var place = 0;
        foreach (var id in loudest)
        {
            if (id == participant)
            {
                return place < Count;
            }

            place += id == self ? 0 : 1;
        }

        return unmeasured.Contains(participant);
    }
}
