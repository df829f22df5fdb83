namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>A file of the store holds something other than what was written to it. The message names the file and what to do.</summary>
internal sealed class DamagedStoreException(string message) : IOException(message);
