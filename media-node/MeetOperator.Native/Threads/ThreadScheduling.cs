using System.Runtime.InteropServices;

namespace MeetOperator.Native.Threads;

/// <summary>How the kernel shares processor time among threads.</summary>
public static unsafe partial class ThreadScheduling
{
    /// <summary>The smallest time slice that the kernel accepts.</summary>
    private const ulong ShortestSliceNanoseconds = 100_000;

    /// <summary>
    /// Asks the kernel for short time slices for the calling thread. It then runs sooner after it wakes up, also beside busy threads, and its share of processor time stays
    /// the same. Needs no privilege.
    /// </summary>
    /// <returns>
    /// False when the kernel refused, for instance because a sandbox does not allow the call. Kernels before 6.12 accept it without an effect.
    /// </returns>
    /// <remarks>sched_setattr(2); <c>sched_runtime</c> of ordinary threads is the slice of the EEVDF scheduler.</remarks>
    public static bool TryPreferShortSlices()
    {
        var number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 314,
            Architecture.Arm64 => 274,
            _ => -1,
        };
        var attributes = new Attributes { Size = (uint)sizeof(Attributes), RuntimeNanoseconds = ShortestSliceNanoseconds };
        return number >= 0 && Call(number, 0, &attributes, 0) == 0;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, nint thread, Attributes* attributes, nint flags);

    /// <summary>struct sched_attr. Policy 0 is SCHED_OTHER.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public uint Size;
        public uint Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong RuntimeNanoseconds;
        public ulong DeadlineNanoseconds;
        public ulong PeriodNanoseconds;
    }
}
