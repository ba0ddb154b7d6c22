<#
.SYNOPSIS
Makes this Windows computer trust the certificate of a mailstored server, or takes that back.

.DESCRIPTION
For computers that no Group Policy reaches. The certificate is in this file; nothing is fetched.

  1. It goes into the computer's store "Trusted Root Certification Authorities", where Windows,
     Outlook, Edge and Chrome look.
  2. Firefox, Edge, Chrome and Chromium are told to take what Windows trusts (unless -NoBrowsers).
  3. Windows is asked whether it trusts the certificate now; and the server, when its address is
     known (-Url), whether a connection succeeds.

It must run in a PowerShell that was started as administrator: Windows PowerShell 5.1 or
PowerShell 7. If scripts are not allowed there, start it so:

  powershell.exe -NoProfile -ExecutionPolicy Bypass -File install.ps1

-WhatIf shows what would be done, and does nothing.

.PARAMETER Remove
Takes the certificate out of the store, and those settings of browsers that this script made.

.PARAMETER Check
Changes nothing: does only the third step.

.PARAMETER Url
The address of the server, as users open it. An empty one leaves the connection out.

.PARAMETER NoBrowsers
Leaves the settings of browsers alone.

.NOTES
Exit codes:
  0  done, and verified
  1  something went wrong; the message says what
  2  it was not started as administrator
  3  the certificate is not trusted (with -Remove: still trusted)
  4  the certificate is trusted, but the server was not reached, so the connection was not tried
  5  the certificate is trusted, but Windows refuses the connection to the server
  6  this is not Windows

.EXAMPLE
.\install.ps1 -WhatIf

.EXAMPLE
.\install.ps1 -Remove
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
param(
    [switch] $Remove,
    [switch] $Check,
    [string] $Url = '{{url:ps}}',
    [switch] $NoBrowsers
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Title = '{{title:ps}}'
$Subject = '{{subject:ps}}'
$Thumbprint = '{{thumbprint}}'
$Fingerprint = '{{fingerprint}}'
$Encoded = '{{base64}}'

# What this script has set is noted here, so that removing it leaves alone what others have set.
$NotesKey = "HKLM:\SOFTWARE\mailstored\trust\$Thumbprint"

$BrowserSettings = @(
    @{ Browser = 'Firefox'; Name = 'ImportEnterpriseRoots'
       Key = 'HKLM:\SOFTWARE\Policies\Mozilla\Firefox\Certificates' }
    @{ Browser = 'Chrome'; Name = 'CAPlatformIntegrationEnabled'
       Key = 'HKLM:\SOFTWARE\Policies\Google\Chrome' }
    @{ Browser = 'Edge'; Name = 'CAPlatformIntegrationEnabled'
       Key = 'HKLM:\SOFTWARE\Policies\Microsoft\Edge' }
    @{ Browser = 'Chromium'; Name = 'CAPlatformIntegrationEnabled'
       Key = 'HKLM:\SOFTWARE\Policies\Chromium' }
)

function Test-Administrator {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal($identity)
    return $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Get-Anchor {
    $octets = [Convert]::FromBase64String($Encoded)
    $sha256 = [Security.Cryptography.SHA256]::Create()
    try {
        $actual = [BitConverter]::ToString($sha256.ComputeHash($octets)).Replace('-', ':')
    } finally {
        $sha256.Dispose()
    }
    if ($actual -ne $Fingerprint) {
        throw 'The certificate in this file is damaged: get the file again.'
    }
    return New-Object Security.Cryptography.X509Certificates.X509Certificate2(, $octets)
}

# Calls $Action with the computer's store of roots, open.
function Use-RootStore([string] $Access, [scriptblock] $Action) {
    $store = New-Object Security.Cryptography.X509Certificates.X509Store('Root', 'LocalMachine')
    $store.Open($Access)
    try {
        & $Action $store
    } finally {
        $store.Close()
    }
}

function Test-InRootStore {
    $found = Use-RootStore 'ReadOnly' {
        param($store)
        $store.Certificates.Find('FindByThumbprint', $Thumbprint, $false).Count
    }
    return $found -gt 0
}

function Get-Setting([string] $Key, [string] $Name) {
    if (-not (Test-Path -LiteralPath $Key)) {
        return $null
    }
    return (Get-Item -LiteralPath $Key).GetValue($Name) # $null where there is none
}

function Set-Setting([string] $Key, [string] $Name, $Value, [string] $Type) {
    if (-not (Test-Path -LiteralPath $Key)) {
        New-Item -Path $Key -Force | Out-Null
    }
    New-ItemProperty -LiteralPath $Key -Name $Name -Value $Value -PropertyType $Type -Force | Out-Null
}

function Add-Trust($Anchor) {
    if (Test-InRootStore) {
        Write-Output "The certificate is in the computer's store already."
    } elseif ($PSCmdlet.ShouldProcess('Trusted Root Certification Authorities', "Add $Subject")) {
        Use-RootStore 'ReadWrite' {
            param($store)
            $Anchor.FriendlyName = $Title
            $store.Add($Anchor)
        }
        Write-Output "Added to the computer's store: $Subject"
    }
}

function Remove-Trust($Anchor) {
    if (-not (Test-InRootStore)) {
        Write-Output "The certificate is not in the computer's store."
    } elseif ($PSCmdlet.ShouldProcess('Trusted Root Certification Authorities', "Remove $Subject")) {
        Use-RootStore 'ReadWrite' {
            param($store)
            $store.Remove($Anchor)
        }
        Write-Output "Removed from the computer's store: $Subject"
    }
}

function Add-BrowserSettings {
    foreach ($setting in $BrowserSettings) {
        $before = Get-Setting $setting.Key $setting.Name
        if ($null -ne $before) {
            if ($before -ne 1) {
                Write-Warning "$($setting.Browser) does not take what Windows trusts: somebody else has set $($setting.Name) to $before."
            }
        } elseif ($PSCmdlet.ShouldProcess("$($setting.Key) $($setting.Name)", 'Set to 1')) {
            # First the note, so that nothing that was done is forgotten.
            Set-Setting $NotesKey $setting.Browser 1 'DWord'
            Set-Setting $setting.Key $setting.Name 1 'DWord'
        }
    }
}

function Remove-BrowserSettings {
    foreach ($setting in $BrowserSettings) {
        if ($null -ne (Get-Setting $NotesKey $setting.Browser) -and
            $PSCmdlet.ShouldProcess("$($setting.Key) $($setting.Name)", 'Remove')) {
            if ($null -ne (Get-Setting $setting.Key $setting.Name)) {
                Remove-ItemProperty -LiteralPath $setting.Key -Name $setting.Name
            }
        }
    }
    if ((Test-Path -LiteralPath $NotesKey) -and $PSCmdlet.ShouldProcess($NotesKey, 'Remove')) {
        Remove-Item -LiteralPath $NotesKey -Recurse
    }
}

# Does Windows trust it, as it stands now? Revocation is left out: nobody revokes a root.
function Test-Trust($Anchor) {
    $chain = New-Object Security.Cryptography.X509Certificates.X509Chain
    $chain.ChainPolicy.RevocationMode = 'NoCheck'
    if ($chain.Build($Anchor)) {
        return $true
    }
    foreach ($status in $chain.ChainStatus) {
        Write-Verbose "$($status.Status): $($status.StatusInformation)"
    }
    return $false
}

# A connection to the first of its addresses that answers, or $null. A TcpClient that is told no
# family knows IPv4 alone in Windows PowerShell.
function Connect-Server([Uri] $Address) {
    foreach ($ip in [Net.Dns]::GetHostAddresses($Address.DnsSafeHost)) {
        $client = New-Object Net.Sockets.TcpClient($ip.AddressFamily)
        try {
            if ($client.ConnectAsync($ip, $Address.Port).Wait(10000)) {
                return $client
            }
        } catch {
            Write-Verbose "$($ip): $($_.Exception.Message)"
        }
        $client.Dispose()
    }
    return $null
}

# 'accepted', 'refused' or 'unreached': a connection as programs of Windows make it.
function Test-ServerConnection([Uri] $Address) {
    $client = $null
    try {
        $client = Connect-Server $Address
    } catch {
        Write-Verbose "$($_.Exception.Message)"
    }
    if ($null -eq $client) {
        return 'unreached'
    }
    try {
        # Windows PowerShell would offer what was current when it was made.
        $protocols = [Security.Authentication.SslProtocols]::Tls12
        if ($PSVersionTable.PSVersion.Major -ge 6) {
            $protocols = [Security.Authentication.SslProtocols]::None
        }
        $stream = New-Object Net.Security.SslStream($client.GetStream(), $false)
        try {
            $stream.ReadTimeout = 10000
            $stream.WriteTimeout = 10000
            $stream.AuthenticateAsClient($Address.DnsSafeHost, $null, $protocols, $false)
            return 'accepted'
        } catch [IO.IOException] {
            Write-Verbose "$($_.Exception.Message)"
            return 'unreached'
        } catch {
            $exception = $_.Exception
            while ($null -ne $exception) {
                if ($exception -is [Security.Authentication.AuthenticationException]) {
                    Write-Warning "Windows says: $($exception.Message)"
                    return 'refused'
                }
                $exception = $exception.InnerException
            }
            Write-Verbose "$($_.Exception.Message)"
            return 'unreached'
        } finally {
            $stream.Dispose()
        }
    } finally {
        $client.Dispose()
    }
}

# The exit code, and a line that says why.
function Get-Verdict($Anchor) {
    $trusted = Test-Trust $Anchor
    if ($Remove) {
        if (-not $trusted) {
            return 0, 'Verified: Windows no longer trusts the certificate.'
        }
        return 3, 'Windows still trusts the certificate: a Group Policy, or the store of this user, has it too.'
    }
    if (-not $trusted) {
        if ((Get-Date) -gt $Anchor.NotAfter) {
            return 3, 'Windows does not trust the certificate: it has expired.'
        }
        return 3, 'Windows does not trust the certificate. With -Verbose it says why.'
    }
    if (-not $Url) {
        return 0, 'Verified: Windows trusts the certificate.'
    }
    $result = Test-ServerConnection ([Uri] $Url)
    if ($result -eq 'accepted') {
        return 0, "Verified: Windows trusts the certificate, and $Url opens without a warning."
    }
    if ($result -eq 'refused') {
        return 5, "Windows trusts the certificate, but refuses the connection to $Url."
    }
    return 4, "Windows trusts the certificate, but $Url was not reached."
}

function Invoke-Main {
    if ([Environment]::OSVersion.Platform -ne 'Win32NT') {
        return 6, 'This script is for Windows.'
    }
    $anchor = Get-Anchor
    Write-Host "Certificate: $Subject"
    Write-Host "SHA-256:     $Fingerprint"
    if (-not $Check) {
        if (-not (Test-Administrator) -and -not $WhatIfPreference) {
            return 2, 'Start PowerShell as administrator ("Run as administrator"), then this script again.'
        }
        if ($Remove) {
            Remove-Trust $anchor | Write-Host
            if (-not $NoBrowsers) { Remove-BrowserSettings }
        } else {
            Add-Trust $anchor | Write-Host
            if (-not $NoBrowsers) { Add-BrowserSettings }
        }
        if ($WhatIfPreference) {
            return 0, 'Nothing was changed.'
        }
    }
    return Get-Verdict $anchor
}

try {
    $code, $message = Invoke-Main
} catch {
    $code, $message = 1, $_.Exception.Message
}
if ($code -eq 0) {
    Write-Host $message
} else {
    # On standard error as it is, without a trace.
    [Console]::Error.WriteLine($message)
}
exit $code
