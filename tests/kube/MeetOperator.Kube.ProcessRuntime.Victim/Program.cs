using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.ProcessRuntime;
using MeetOperator.Kube.ProcessRuntime.Images;
using MeetOperator.Kube.ProcessRuntime.Services;

// A runtime in a separate process that a test kills. Arguments: <server> <token> <folder>.
using var client = new KubeClient(new KubeConfig { Server = new Uri(args[0]), Token = args[1] });
var node = new ProcessNode(client, new ProcessRuntimeOptions
{
    Folder = args[2],
    PodAddressPrefix = "127.77.1",
    Images = new ImageTable().Add("shell", new ImageProgram { Entrypoint = ["/bin/sh", "-c"] }),
});
await node.StartAsync(CancellationToken.None);
Console.WriteLine("started");
await Task.Delay(Timeout.Infinite);
