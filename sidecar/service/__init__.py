"""The daemon as a service of the user: started at login, watched, restarted.

Job: speak the two protocols of a service manager, render its files, install and remove them.
Must not: run the daemon, read the environment, or need root.
"""
