using System.Net.NetworkInformation;

namespace MeetOperator.Testing;

/// <summary>Finds free TCP ports on loopback for servers that tests start.</summary>
public static class FreePort
{
    /// <summary>A port below those that the kernel assigns, so that no outgoing connection takes it before the server listens.</summary>
    public static int Next()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        int port;
        do
        {
            port = Random.Shared.Next(20_000, 30_000);
        }
        while (taken.Contains(port));

        return port;
    }
}
