using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// Our own check of an address, and when the next is due. Its transaction id goes to that address only and cannot be guessed, so who answers under it
/// can read there. One is out at a time; it is repeated ever more seldom, as nobody may be there.
/// </summary>
internal sealed class PathQuestion
{
    /// <summary>Time to the first repetition; doubles with each.</summary>
    internal const long RepeatTicks = 200 * TimeSpan.TicksPerMillisecond;

    /// <summary>As RFC 7675 §5.1 has it: 5 s, times 0.8 to 1.2, so that many sessions do not beat in step.</summary>
    internal const long RenewTicks = 5 * TimeSpan.TicksPerSecond;

    /// <summary>Rc of RFC 8489 §6.2.1: then it is another transaction.</summary>
    private const int MaximumCopies = 7;

    private byte[]? transactionId;
    private byte[]? password;
    private int copies;

    /// <summary>When a check may go out; in the past before the first.</summary>
    internal long DueTicks { get; private set; } = long.MinValue;

    /// <summary>The strongest sign of the peer's that this address saw since the check went out.</summary>
    internal PathSign Sign { get; private set; }

    internal bool IsOut { get; private set; }

    /// <summary>Strengthens what an answer will be worth.</summary>
    internal void Note(PathSign sign) => Sign = sign > Sign ? sign : Sign;

    /// <summary>The id to send now: that of the check that is out, or a new one.</summary>
    internal ReadOnlySpan<byte> Ask(long nowTicks, PathSign sign, byte[] remotePassword, Random random)
    {
        transactionId ??= new byte[StunConstants.TransactionIdLength];
        if (!IsOut || copies % MaximumCopies == 0 || password != remotePassword)
        {
            random.NextBytes(transactionId);
            (Sign, password) = (IsOut ? Sign : sign, remotePassword);
        }

        Note(sign);
        IsOut = true;
        DueTicks = nowTicks + Math.Min(RepeatTicks << Math.Min(copies++, 10), RenewTicks);
        return transactionId;
    }

    internal bool IsAnsweredBy(in StunMessage message) => IsOut && message.TransactionId.SequenceEqual(transactionId);

    internal bool Verifies(in StunMessage message) => message.VerifyIntegrity(password);

    /// <summary>The address is proved, by an answer or otherwise: nothing is out any more, and the next check comes in time.</summary>
    internal void Settle(long nowTicks, Random random)
    {
        (IsOut, copies) = (false, 0);
        DueTicks = nowTicks + (long)(RenewTicks * (0.8 + (0.4 * random.NextDouble())));
    }

    /// <summary>There was no way to send one: not before that much later.</summary>
    internal void Postpone(long nowTicks) => DueTicks = nowTicks + RepeatTicks;

    /// <summary>The address is a new one.</summary>
    internal void Forget() => (IsOut, copies, DueTicks) = (false, 0, long.MinValue);
}
