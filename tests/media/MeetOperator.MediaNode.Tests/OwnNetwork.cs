using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Runs a test on a thread in a network namespace of its own, with its own links, routes and queues. Requires root.</summary>
internal static partial class OwnNetwork
{
    private const int NewNetwork = 0x40000000;

    /// <summary>Runs the given <c>ip</c> and <c>tc</c> commands in a new network namespace, then <paramref name="test"/>.</summary>
    public static void Run(string[] commands, Action test)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Assert.True(Unshare(NewNetwork) == 0, "unshare(CLONE_NEWNET): the tests of odd networks need root.");
                foreach (var command in commands)
                {
                    Execute(command);
                }

                test();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    public static void Execute(string command)
    {
        // A child process inherits the namespace of the thread that starts it.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command}: {errors}");
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);
}
